// The family of the matrix core this variant is compiled for.
#if defined(MATRIX_GATHER)
#include "matrix_gather.glsl"
#elif defined(MATRIX_LDV)
#include "matrix_ldv.glsl"
#elif defined(MATRIX_COOPMAT)
#include "matrix_coopmat.glsl"
#else
#include "matrix_tiled.glsl"
#endif

void main() { multiply(); }
