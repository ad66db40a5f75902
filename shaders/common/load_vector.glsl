// LANES neighbouring values from one address, a value to each lane, for CPU drivers that know a uniform address when they see
// one (lavapipe from Mesa 26 on): all lanes load all LANES values, each keeps its own, and the compiler makes one vector load
// of that. What the merging hangs on: all loads come before the first choice, the lane's number is read once outside of any
// loop, and what is added to the address is known when the pipeline is compiled. Such a load knows no mask: whatever branch it
// stands in, the address must be good. Without MERGED each lane loads its own: other drivers make LANES loads of each of the above.
// Needs LANES, the subgroup's size, and MERGED.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require

uint vector_lane = gl_SubgroupInvocationID;

#include "bits.glsl"

#define LOAD_VECTOR(RESULT, NAME, TYPE, ARRAY) \
    RESULT NAME(uint64_t address, uint index) \
    { \
        if (!MERGED) return RESULT(ARRAY(address).v[index + vector_lane]); \
        TYPE elements[LANES]; \
        [[unroll]] for (uint i = 0; i < LANES; i++) elements[i] = ARRAY(address).v[index + i]; \
        TYPE value = elements[0]; \
        [[unroll]] for (uint i = 1; i < LANES; i++) value = vector_lane == i ? elements[i] : value; \
        return RESULT(value); \
    }

LOAD_VECTOR(float, load_vector_f32, float, F32)
LOAD_VECTOR(float, load_vector_f16, float16_t, F16)
LOAD_VECTOR(uint, load_vector_word, uint, Bits32)
LOAD_VECTOR(uint64_t, load_vector_bits, uint64_t, Bits64)

#if STORAGE == 16
#define load_vector load_vector_f16
#else
#define load_vector load_vector_f32
#endif

// A loop's counter for uniform addresses. What goes round a loop is kept per lane, and such a driver asks the mask which lane to read, which it
// knows only when the turn before is done: some 50 cycles. A counter that looks different in each lane is read from lane 0 at once.
// It starts at 0; `never` is false without the compiler's knowing.
uint counter_start(bool never) { return MERGED && never ? vector_lane : 0; }
uint counted(uint counter) { return MERGED ? subgroupBroadcast(counter, 0) : counter; }
