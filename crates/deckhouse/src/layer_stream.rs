//! The bytes of a layer's tar, whatever the layer is compressed with.
