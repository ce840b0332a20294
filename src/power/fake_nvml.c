/* A stand-in for libnvidia-ml.so.1 with its C ABI, for tests: two GPUs whose answers a test sets through
   fake_nvml_set. Field values and return codes are NVML's own. */
#include <stdio.h>
#include <string.h>

enum { GPUS = 2, SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6 };

typedef struct {
  unsigned field_id, scope_id;
  long long timestamp, latency_us;
  int value_type, result;
  union {
    double as_double;
    unsigned as_unsigned;
    unsigned long long as_unsigned_long_long;
  } value;
} FieldValue;

typedef struct {
  int failure; /* what every reading returns, 0: success */
  int has_counter, has_fields, mig;
  unsigned usage_mw, average_mw, instant_mw;
  unsigned long long energy_mj, throttle;
  unsigned celsius;
} Gpu;

static Gpu gpus[GPUS];
static const char* const bus_ids[GPUS] = {"0000:01:00.0", "0000:65:00.0"};
static int init_failure;
static int users;

/* What a test may set; `gpu` is ignored for "init". Returns 0 where there is no such member. */
int fake_nvml_set(unsigned gpu, const char* member, unsigned long long value) {
  Gpu* g = &gpus[gpu % GPUS];
  if (strcmp(member, "reset") == 0) {
    const Gpu fresh = {0, 1, 1, 0, 70000, 71000, 72000, 5000000, 0, 61};
    for (int i = 0; i < GPUS; ++i) gpus[i] = fresh;
    init_failure = 0;
  } else if (strcmp(member, "init") == 0) {
    init_failure = (int)value;
  } else if (strcmp(member, "failure") == 0) {
    g->failure = (int)value;
  } else if (strcmp(member, "counter") == 0) {
    g->has_counter = value != 0;
  } else if (strcmp(member, "fields") == 0) {
    g->has_fields = value != 0;
  } else if (strcmp(member, "mig") == 0) {
    g->mig = value != 0;
  } else if (strcmp(member, "usage_mw") == 0) {
    g->usage_mw = (unsigned)value;
  } else if (strcmp(member, "instant_mw") == 0) {
    g->instant_mw = (unsigned)value;
  } else if (strcmp(member, "energy_mj") == 0) {
    g->energy_mj = value;
  } else if (strcmp(member, "celsius") == 0) {
    g->celsius = (unsigned)value;
  } else if (strcmp(member, "throttle") == 0) {
    g->throttle = value;
  } else {
    return 0;
  }
  return 1;
}

int fake_nvml_users(void) { return users; }

int nvmlInit_v2(void) {
  if (init_failure == 0) ++users;
  return init_failure;
}
int nvmlShutdown(void) {
  --users;
  return SUCCESS;
}
const char* nvmlErrorString(int result) { return result == 9 ? "Driver Not Loaded" : "Unknown Error"; }
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = GPUS;
  return SUCCESS;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Gpu** device) {
  if (index >= GPUS) return INVALID_ARGUMENT;
  *device = &gpus[index];
  return SUCCESS;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, Gpu** device) {
  for (int i = 0; i < GPUS; ++i) {
    if (strcmp(bus_id, bus_ids[i]) != 0) continue;
    *device = &gpus[i];
    return SUCCESS;
  }
  return NOT_FOUND;
}
int nvmlDeviceGetIndex(Gpu* device, unsigned* index) {
  *index = (unsigned)(device - gpus);
  return SUCCESS;
}
int nvmlDeviceGetName(Gpu* device, char* name, unsigned length) {
  snprintf(name, length, "NVIDIA GeForce RTX %d", device == gpus ? 3090 : 4090);
  return SUCCESS;
}
int nvmlDeviceGetUUID(Gpu* device, char* uuid, unsigned length) {
  snprintf(uuid, length, "GPU-%d", (int)(device - gpus));
  return SUCCESS;
}
int nvmlDeviceGetPowerUsage(Gpu* device, unsigned* milliwatts) {
  *milliwatts = device->usage_mw;
  return device->failure;
}
int nvmlDeviceGetTotalEnergyConsumption(Gpu* device, unsigned long long* millijoules) {
  if (!device->has_counter) return NOT_SUPPORTED;
  *millijoules = device->energy_mj;
  return device->failure;
}
int nvmlDeviceGetFieldValues(Gpu* device, int count, FieldValue* values) {
  for (int i = 0; i < count; ++i) {
    const int known = values[i].field_id == 185 || values[i].field_id == 186;
    values[i].result = device->failure != 0 ? device->failure : known && device->has_fields ? SUCCESS : NOT_SUPPORTED;
    values[i].value_type = 1;
    values[i].value.as_unsigned = values[i].field_id == 185 ? device->average_mw : device->instant_mw;
  }
  return SUCCESS;
}
int nvmlDeviceGetTemperature(Gpu* device, int sensor, unsigned* celsius) {
  (void)sensor;
  *celsius = device->celsius;
  return device->failure;
}
int nvmlDeviceGetClockInfo(Gpu* device, int type, unsigned* mhz) {
  *mhz = type == 1 ? 1935 : 9751;
  return device->failure;
}
int nvmlDeviceGetEnforcedPowerLimit(Gpu* device, unsigned* milliwatts) {
  *milliwatts = 350000;
  return device->failure;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(Gpu* device, unsigned long long* reasons) {
  *reasons = device->throttle;
  return device->failure;
}
int nvmlDeviceGetMigMode(Gpu* device, unsigned* current, unsigned* pending) {
  *current = *pending = (unsigned)device->mig;
  return SUCCESS;
}
