#version 460
// layer_norm: y = (x - mean) * rsqrt(variance + epsilon) * weight + bias over the channels of each row; with centred = 0 nothing is
// subtracted and the mean of the squares stands for the variance (RMS norm). Without a bias its address is 0.
//
// x [rows, C] with row stride, weight [C], bias [C] fp32, y [rows, C]. Statistics in fp32, two passes (mean, then
// squared distances), so that a large mean costs no precision. One workgroup per row, folded over x and y.
// Constants: 0 workgroup size, 1 WIDTH (channels per turn: WIDE by one load, or 1 where rows do not start at multiples of 8 bytes),
// 2 ACCESS (ACCESS_VECTORS, ACCESS_LANES: an invocation's channels are WORKGROUP_SIZE apart, and the workgroup loads vectors; ACCESS_WIDE_VECTORS,
// ACCESS_WIDE_LANES: they are neighbours, 64 bits a lane, which the workgroup loads as one vector), 3 TURN: such accesses of a turn of the loops.
// Ladder (Mesa 25.0.7, one core, 2560x320 fp32, of 8 bytes per value): v1 one subgroup per row on CPU drivers, up to 256
//         invocations on GPUs, 1.85 GB/s, compiled in 57 ms; v2 64 bits per load and store, 2.75 GB/s, 42 ms.
//         Mesa 26.2, 16 lanes of Zen 5, 40960x320: vectors 2.2; v3 64 bits a lane loaded as vectors, the loops' counters read from lane 0, y's lines
//         read before they are scattered to 4.4; turns of two accesses 5.4, of five 5.3 (1280 channels 6.5) and compiled for longer.
#include "common/types.glsl"
#include "common/wide.glsl"
#define REDUCE_TYPE float
#include "common/reduce.glsl"

layout(constant_id = 1) const uint WIDTH = 1;
layout(constant_id = 2) const uint ACCESS = 0;
layout(constant_id = 3) const uint TURN = 1;

#define LINE 64 // bytes of a processor's cache

#define LANES WORKGROUP_SIZE
#include "common/access.glsl"
#include "common/load_vector.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t weight;
    uint64_t bias;
    uint64_t y;
    uint rows;
    uint channels;
    uint row_stride;
    uint fold;
    float epsilon;
    uint centred;
};

vec4 load_parameters(uint64_t address, uint c)
{
#if STORAGE == 32
    if (WIDE_VECTORS) return from_bits(load_vector_bits(address + uint64_t(c) * 4, 0));
#endif
    if (WIDE_VECTORS) return load_wide_f32(address, c + vector_lane * WIDE);
    if (!VECTORS) return WIDTH == 1 ? vec4(load_f32(address, c), 0.0, 0.0, 0.0) : load_wide_f32(address, c);
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = load_vector_f32(address + uint64_t(c) * 4, e * LANES);
    return values;
}

vec4 load_channels(uint64_t row, uint c)
{
    if (WIDE_VECTORS) return from_bits(load_vector_bits(row + uint64_t(c) * STORAGE_BYTES, 0));
    if (VECTORS)
    {
        vec4 values = vec4(0.0);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = load_vector(row + uint64_t(c) * STORAGE_BYTES, e * LANES);
        return values;
    }
    return WIDTH == 1 ? vec4(load(row, c), 0.0, 0.0, 0.0) : load_wide(row + uint64_t(c) * STORAGE_BYTES);
}

float sum_of(vec4 values)
{
    float sum = values.x;
    [[unroll]] for (uint e = 1; e < WIDTH; e++) sum += values[e];
    return sum;
}

void store_channels(uint64_t row, uint c, vec4 values)
{
    bool wide = WIDE_VECTORS || (!VECTORS && WIDTH > 1);
    if (wide) store_wide(row + uint64_t(c) * STORAGE_BYTES + (WIDE_VECTORS ? vector_lane * 8 : 0), values);
    [[unroll]] for (uint e = 0; e < WIDTH; e++)
    {
        if (!wide) store(row, VECTORS ? c + e * LANES + vector_lane : c, values[e]);
    }
}

// The invocation's first channel: with vectors the workgroup's.
uint first_channel() { return VECTORS ? 0 : gl_LocalInvocationID.x * WIDTH; }

const uint TURN_CHANNELS = TURN * WIDTH * WORKGROUP_SIZE;

// The invocation's sum over its channels of the distances from `mean`, or of their squares.
float distances(uint64_t source, float mean, bool squared)
{
    vec4 sums = vec4(0.0);
    uint counter = counter_start(rows == 0) + first_channel(), c;
    if (VECTORS || counter < channels)
    {
        do
        {
            c = counted(counter);
            [[unroll]] for (uint u = 0; u < TURN; u++)
            {
                vec4 distance = load_channels(source + u * (WIDTH * WORKGROUP_SIZE * STORAGE_BYTES), c) - mean;
                sums += squared ? distance * distance : distance;
            }
            counter += TURN_CHANNELS;
        } while (c + TURN_CHANNELS < channels);
    }
    return sum_of(sums);
}

// Loads from the row's lines: it is scattered to, and the processor fetches nothing ahead of that.
uint touch(uint64_t row)
{
    uint all = 0, counter = counter_start(rows == 0), c;
    do
    {
        c = counted(counter);
        [[unroll]] for (uint line = 0; line < TURN_CHANNELS * STORAGE_BYTES; line += LINE) all |= Bits32(row + c * STORAGE_BYTES + line).v[0];
        counter += TURN_CHANNELS;
    } while (c + TURN_CHANNELS < channels);
    return all;
}

void main()
{
    // Uniform loads go on behind a return.
    uint row = VECTORS ? min(gl_WorkGroupID.x + gl_WorkGroupID.y * fold, rows - 1) : gl_WorkGroupID.x + gl_WorkGroupID.y * fold;
    if (row >= rows) return;
    uint64_t source = x + uint64_t(row) * row_stride * STORAGE_BYTES;
    uint64_t target = y + uint64_t(row) * channels * STORAGE_BYTES;

    uint touched = WIDE_VECTORS ? touch(target) : 0;
    float mean = centred != 0 ? workgroup_sum(distances(source, 0.0, false)) / float(channels) : 0.0;
    float scale = inversesqrt(workgroup_sum(distances(source, mean, true)) / float(channels) + epsilon);

    // Another address instead of a branch: a CPU driver loads from uniform addresses whatever the branch.
    uint64_t offset = bias != 0 ? bias : weight;
    float biased = bias != 0 ? 1.0 : 0.0;
    uint counter = counter_start(rows == 0) + first_channel(), c;
    if (!VECTORS && counter >= channels) return;
    do
    {
        c = counted(counter);
        [[unroll]] for (uint u = 0; u < TURN; u++)
        {
            uint at = c + u * (WIDTH * WORKGROUP_SIZE);
            vec4 normalised = (load_channels(source, at) - mean) * scale;
            store_channels(target, at, normalised * load_parameters(weight, at) + biased * load_parameters(offset, at));
        }
        counter += TURN_CHANNELS;
    } while (c + TURN_CHANNELS < channels);
    if (WIDE_VECTORS && (touched & (rows >> 31)) != 0) F32(y).v[0] = 0.0; // never, which the compiler does not know
}
