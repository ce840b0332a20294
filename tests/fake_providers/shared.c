/* The part of ONNX Runtime's provider bridge that is loaded before any provider: it keeps the host's interface. */
static void* host;

void Provider_SetHost(void* given) { host = given; }
void* Provider_GetHost(void) { return host; }
