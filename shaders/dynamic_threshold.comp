#version 460
// dynamic_threshold: y = clamp(x, -t, t) / t with t = max(the quantile of |x|, 1), for every sample by itself.
//
// x and y [samples, count] fp32. The quantile lies between two neighbours in the order of |x|, the values of ranks `rank` and
// rank + 1 from below. They are found exactly, without sorting: bits of a positive float are ordered as the float is, so each of
// both searches fixes 8 bits a turn from the top on, by a histogram of the values that agree with the bits found so far.
// Stages, one dispatch each (parameter `stage`): CLEAR; then for shift = 24, 16, 8, 0 COUNT (all values into the histograms) and
// SELECT (one workgroup a sample walks its histograms); APPLY. z of the workgroup is the sample.
// state of a sample: 2 * BINS counts, then for each search the bits found so far and the rank that is left.
// Constants: 0 workgroup size.
// Ladder: v1 this; counts go to global memory by way of shared ones, since most values fall into few bins.
#include "common/types.glsl"

#define VALUES 16
#define BINS 256
#define SEARCHES 2
#define STATE_WORDS (SEARCHES * (BINS + 2))

#define STAGE_CLEAR 0
#define STAGE_COUNT 1
#define STAGE_SELECT 2
#define STAGE_APPLY 3

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t state;
    uint64_t y;
    uint count;
    uint stage;
    uint shift;
    uint rank;
    float fraction; // where between both ranks the quantile lies
    uint fold;
};

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer U32 { uint v[]; };

shared uint counts[SEARCHES * BINS];

U32 sample_state() { return U32(state + uint64_t(gl_WorkGroupID.z) * STATE_WORDS * 4); }

uint64_t sample_values(uint64_t base) { return base + uint64_t(gl_WorkGroupID.z) * count * 4; }

uint found_at(uint search) { return SEARCHES * BINS + 2 * search; }

void clear()
{
    U32 own = sample_state();
    for (uint i = gl_LocalInvocationID.x; i < STATE_WORDS; i += WORKGROUP_SIZE) own.v[i] = 0;
    barrier();
    if (gl_LocalInvocationID.x < SEARCHES) own.v[found_at(gl_LocalInvocationID.x) + 1] = min(rank + gl_LocalInvocationID.x, count - 1);
}

void count_values()
{
    U32 own = sample_state();
    uint64_t source = sample_values(x);
    for (uint i = gl_LocalInvocationID.x; i < SEARCHES * BINS; i += WORKGROUP_SIZE) counts[i] = 0;
    barrier();
    uint first = (gl_WorkGroupID.x + gl_WorkGroupID.y * fold) * WORKGROUP_SIZE * VALUES + gl_LocalInvocationID.x;
    uint found[SEARCHES];
    for (uint search = 0; search < SEARCHES; search++) found[search] = own.v[found_at(search)];
    uint known = shift == 24 ? 0 : 0xffffffffu << (shift + 8);
    for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count)
        {
            uint bits = floatBitsToUint(load_f32(source, i)) & 0x7fffffffu;
            for (uint search = 0; search < SEARCHES; search++)
            {
                if ((bits & known) == found[search]) atomicAdd(counts[search * BINS + ((bits >> shift) & 255u)], 1);
            }
        }
    }
    barrier();
    for (uint i = gl_LocalInvocationID.x; i < SEARCHES * BINS; i += WORKGROUP_SIZE)
    {
        if (counts[i] != 0) atomicAdd(own.v[i], counts[i]);
    }
}

void select()
{
    U32 own = sample_state();
    uint search = gl_LocalInvocationID.x;
    if (search < SEARCHES)
    {
        uint left = own.v[found_at(search) + 1], bin = 0;
        while (bin < BINS - 1 && left >= own.v[search * BINS + bin])
        {
            left -= own.v[search * BINS + bin];
            bin++;
        }
        own.v[found_at(search)] |= bin << shift;
        own.v[found_at(search) + 1] = left;
    }
    barrier();
    for (uint i = gl_LocalInvocationID.x; i < SEARCHES * BINS; i += WORKGROUP_SIZE) own.v[i] = 0;
}

void apply()
{
    U32 own = sample_state();
    float below = uintBitsToFloat(own.v[found_at(0)]), above = uintBitsToFloat(own.v[found_at(1)]);
    float threshold = max(below + fraction * (above - below), 1.0);
    uint64_t source = sample_values(x), target = sample_values(y);
    uint first = (gl_WorkGroupID.x + gl_WorkGroupID.y * fold) * WORKGROUP_SIZE * VALUES + gl_LocalInvocationID.x;
    for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count) F32(target).v[i] = clamp(load_f32(source, i), -threshold, threshold) / threshold;
    }
}

void main()
{
    if (stage == STAGE_CLEAR) clear();
    else if (stage == STAGE_COUNT) count_values();
    else if (stage == STAGE_SELECT) select();
    else apply();
}
