// The family of the matrix core this variant is compiled for.
#ifdef MATRIX_GATHER
#include "matrix_gather.glsl"
#else
#include "matrix_tiled.glsl"
#endif

void main() { multiply(); }
