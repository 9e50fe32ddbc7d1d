//! Layers and what is in them.
