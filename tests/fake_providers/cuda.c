/* A CUDA provider on a machine without CUDA: ONNX Runtime finds it and cannot load it. */
int fake_cublas(void);
int fake_provider(void) { return fake_cublas(); }
