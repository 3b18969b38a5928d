"""The exercises, one module per lesson; every module of this folder is read by itself."""
