//! Tables of requests and what they mean.
