/* A stand-in for libcuda.so.1 with its C ABI, for tests: two GPUs in another order than NVML has them, as CUDA lists the
   fastest first. A test hides them, or makes the first an integrated one, through fake_cuda_set. */
#include <stdio.h>
#include <string.h>

enum { GPUS = 2, SUCCESS = 0, INVALID_DEVICE = 101 };
enum { INTEGRATED = 18, MAJOR = 75, MINOR = 76 };

static int shown = GPUS, integrated, init_result;

void fake_cuda_set(const char* member, int value) {
  if (strcmp(member, "shown") == 0) shown = value;
  if (strcmp(member, "integrated") == 0) integrated = value;
  if (strcmp(member, "init") == 0) init_result = value;
}

int cuInit(unsigned flags) {
  (void)flags;
  return init_result;
}
int cuGetErrorString(int error, const char** text) {
  *text = error == 999 ? "unknown error" : "invalid argument";
  return SUCCESS;
}
int cuDeviceGetCount(int* count) {
  *count = shown;
  return SUCCESS;
}
int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal < shown ? SUCCESS : INVALID_DEVICE;
}
int cuDeviceGetName(char* name, int length, int device) {
  snprintf(name, (size_t)length, integrated ? "Orin" : "NVIDIA GeForce RTX %d", device == 0 ? 4090 : 3090);
  return SUCCESS;
}
int cuDeviceGetPCIBusId(char* id, int length, int device) {
  snprintf(id, (size_t)length, "0000:%s:00.0", device == 0 ? "65" : "01");
  return SUCCESS;
}
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  *value = attribute == INTEGRATED ? integrated : attribute == MAJOR ? 8 : attribute == MINOR ? (device == 0 ? 9 : 6) : 0;
  return SUCCESS;
}
