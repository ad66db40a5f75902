// LANES neighbouring values from one address, a value to each lane, for CPU drivers that know a uniform address when they see
// one (lavapipe from Mesa 26 on): all lanes load all LANES values, each keeps its own, and the compiler makes one vector load
// of that. What the merging hangs on: all loads come before the first choice, the lane's number is read once outside of any
// loop, and what is added to the address is known when the pipeline is compiled. Such a load knows no mask: whatever branch it
// stands in, the address must be good. Without MERGED each lane loads its own: other drivers make LANES loads of each of the above.
// Needs LANES, the workgroup's size and the subgroup's, and MERGED.
#extension GL_KHR_shader_subgroup_basic : require

uint vector_lane = gl_SubgroupInvocationID;

#define LOAD_VECTOR(NAME, TYPE, ARRAY) \
    float NAME(uint64_t address, uint index) \
    { \
        if (!MERGED) return float(ARRAY(address).v[index + vector_lane]); \
        TYPE elements[LANES]; \
        [[unroll]] for (uint i = 0; i < LANES; i++) elements[i] = ARRAY(address).v[index + i]; \
        TYPE value = elements[0]; \
        [[unroll]] for (uint i = 1; i < LANES; i++) value = vector_lane == i ? elements[i] : value; \
        return float(value); \
    }

LOAD_VECTOR(load_vector_f32, float, F32)
LOAD_VECTOR(load_vector_f16, float16_t, F16)

#if STORAGE == 16
#define load_vector load_vector_f16
#else
#define load_vector load_vector_f32
#endif
