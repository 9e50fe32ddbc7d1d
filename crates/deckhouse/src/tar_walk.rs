//! Walking a tar that comes as a stream.
