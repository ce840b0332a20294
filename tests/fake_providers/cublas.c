/* Linked against under the name of a CUDA library, and not there when the provider is loaded. */
int fake_cublas(void) { return 0; }
