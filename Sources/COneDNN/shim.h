// oneDNN's C API: its matrix products are what `bench` measures the machine by.
#include <dnnl.h>
