#version 460
// group_norm: y = act((x - mean) * rsqrt(variance + epsilon) * weight + bias), statistics per sample and group.
//
// x [samples, pixels, C0] and x2 [samples, pixels, C1] stand side by side (C = C0 + C1, x2 may be absent), each with its row
// stride; weight, bias [C] fp32; y [samples, pixels, C]. A sample is a frame, or all frames of a video.
// Three stages, one pipeline each:
//   0 per channel and chunk of pixels: mean and sum of squared distances, from sums shifted by the chunk's first value
//   1 per sample and group: Chan's combination of those pairs; leaves near, scale and shift per channel, where mean = near + rest
//     and shift = bias - rest * scale
//   2 y = act((x - near) * scale + shift): near is a value of the group, so a mean far from zero costs no precision
// partials [samples, chunks, C, 2] and affine [samples, 3, C] are scratch. No atomics: the same bits on every run.
// Constants: 0 workgroup size, 1 STAGE, 2 WIDTH (channels of an invocation: WIDE by one load, 1 where rows do not start at multiples
// of 8 bytes), 3 ACCESS (ACCESS_VECTORS, ACCESS_LANES: an invocation's channels are WORKGROUP_SIZE apart, and a workgroup of one subgroup loads
// vectors; ACCESS_WIDE_VECTORS, ACCESS_WIDE_LANES: they are neighbours, and it loads vectors of 64 bits a lane; ACCESS_SINGLES: nothing is
// loaded by 64 bits), 4 TURN_PIXELS of a loop, 5 ONE_TURN: stage 2 has no more pixels. With ACCESS_WIDE_VECTORS and ACCESS_WIDE_LANES a workgroup
// of stage 2 has all channels of TURN_PIXELS pixels.
// Ladder: v1 an invocation is a channel of a chunk, so reads run along the channels and no stage but 1 needs a barrier.
//         v2 64 bits per load and store. Mesa 25.0.7, one core, fp32 with SiLU, of 12 bytes per value, v1 to v2: 640 channels of
//         20x32 2.2 to 3.2 GB/s, 320 of 40x64 2.2 to 2.6; frames beyond the cache stay at 1.7 to 2.3, as memory does. Stage 1
//         compiles in 65 ms instead of 87. Pixels per invocation (1 to 16) and workgroup size (64 to 1024) make no difference.
//         Mesa 26.2, vectors, one core with AVX2, 320 of 16x40x64: 3.85 GB/s, as stores go lane by lane; lanes swapped in quads to store pairs
//         by 64 bits 4.3, for quad operations that every device would need: not kept.
//         v3 on AVX-512 (Zen 5), 320 of 16x40x64, all stages: Mesa 25.0.7 41 ms; stage 2 goes on for 64, 128, 256 pixels in turns of 8 or 16
//         38.5, 38, 37; stage 0 over 128, 256 pixels in place of 64 and both 36, 34.8; its turns 8 pixels in place of 4 33.7 (512: 34).
//         Mesa 26.2 23 ms, the same 17.5; v4 64 bits a lane loaded as vectors, so that half as many elements are stored, 15.7 (two of
//         these 21). Turns of 16 and 32 pixels are as fast and compiled for longer. 16 lanes 22 to 24; v5 a turn's loads before its stores 15.4. Not
//         kept: the next turn's lines of x touched 34; 32 bits a lane 26.
//         v6 stage 2 in the order of memory, all channels of a few pixels, and their lines of y read behind those of x and before they are
//         scattered to: neither alone gains anything, both of 4 pixels 10.6, of 8 13.3, of 2 12.3. (Scatters to lines that no load has asked for take
//         three times as long: 52 MB in C 7 to 9 ms, with the loads 3.3, stored as vectors 2.7.) Read a turn ahead y's lines are as fast, but
//         take twice as long where x and y lie so that they displace each other.
#include "common/types.glsl"
#include "common/wide.glsl"
#include "common/activation.glsl"
#define REDUCE_TYPE float
#include "common/reduce.glsl"

#define STAGE_STATISTICS 0
#define STAGE_COMBINE 1
#define LINE 64 // bytes of a processor's cache

layout(constant_id = 1) const uint STAGE = 0;
layout(constant_id = 2) const uint WIDTH = 1;
layout(constant_id = 3) const uint ACCESS = 0;
layout(constant_id = 4) const uint TURN_PIXELS = 8;
layout(constant_id = 5) const bool ONE_TURN = false;

#define LANES WORKGROUP_SIZE
#include "common/access.glsl"
#include "common/load_vector.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t x2;
    uint64_t weight;
    uint64_t bias;
    uint64_t partials;
    uint64_t affine;
    uint64_t y;
    uint channels;
    uint first_channels;
    uint x_row_stride;
    uint x2_row_stride;
    uint pixels;
    uint chunks;
    uint chunk_pixels;
    uint invocations;
    uint groups;
    uint activation;
    uint fold;
    float epsilon;
};

// WIDTH channels over a chunk of pixels: with VECTORS the workgroup's first one.
struct Column
{
    uint64_t address;
    uint64_t step;
    uint64_t row;
    uint sample_index;
    uint chunk;
    uint channel;
    uint pixels;
};

uint workgroup_index() { return gl_WorkGroupID.x + gl_WorkGroupID.y * fold; }

uint pixels_in_chunk(uint chunk) { return min(chunk_pixels, pixels - chunk * chunk_pixels); }

// Where the invocation's channel `e` stands behind the first one of its column.
uint channel_at(uint e)
{
    if (WIDE_VECTORS) return vector_lane * WIDTH + e;
    return VECTORS ? e * LANES + vector_lane : e;
}

vec4 load_channels(uint64_t address)
{
    if (WIDE_VECTORS) return from_bits(load_vector_bits(address, 0));
    if (!VECTORS) return WIDTH == 1 ? vec4(load(address, 0), 0.0, 0.0, 0.0) : load_wide(address);
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = load_vector(address, e * LANES);
    return values;
}

void store_channels(uint64_t address, vec4 values)
{
    bool wide = WIDE_VECTORS || (!VECTORS && WIDTH > 1);
    if (wide) store_wide(address + (WIDE_VECTORS ? vector_lane * 8 : 0), values);
    [[unroll]] for (uint e = 0; e < WIDTH; e++)
    {
        if (!wide) store(address, channel_at(e), values[e]);
    }
}

// Mean and sum of squared distances.
vec2 load_moments(uint64_t address)
{
    return NARROW ? vec2(load_f32(address, 0), load_f32(address, 1)) : uintBitsToFloat(unpack32(Bits64(address).v[0]));
}

void store_moments(uint64_t address, vec2 moments)
{
    if (NARROW)
    {
        F32(address).v[0] = moments.x;
        F32(address).v[1] = moments.y;
    }
    else
    {
        Bits64(address).v[0] = join64(floatBitsToUint(moments));
    }
}

// fp32 whatever the storage: WIDTH values of a plane of `affine`, of bias or weight.
vec4 load_plane(uint64_t address, uint channel)
{
#if STORAGE == 32
    if (WIDE_VECTORS) return from_bits(load_vector_bits(address + uint64_t(channel) * 4, 0));
#endif
    if (WIDE_VECTORS) return load_wide_f32(address, channel + vector_lane * WIDE);
    if (!VECTORS) return WIDTH == 1 ? vec4(load_f32(address, channel), 0.0, 0.0, 0.0) : load_wide_f32(address, channel);
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = load_vector_f32(address + uint64_t(channel) * 4, e * LANES);
    return values;
}

Column column_of(uint i)
{
    Column column;
    uint width = VECTORS ? WIDTH * LANES : WIDTH;
    uint of_chunk = channels / width;
    column.channel = i % of_chunk * width;
    uint rest = i / of_chunk;
    uint chunk = rest % chunks;
    column.chunk = chunk;
    column.sample_index = rest / chunks;
    column.pixels = pixels_in_chunk(chunk);
    column.row = uint64_t(column.sample_index) * pixels + chunk * chunk_pixels;
    bool in_first = column.channel < first_channels;
    uint stride = in_first ? x_row_stride : x2_row_stride;
    uint offset = in_first ? column.channel : column.channel - first_channels;
    column.address = (in_first ? x : x2) + (column.row * stride + offset) * STORAGE_BYTES;
    column.step = uint64_t(stride) * STORAGE_BYTES;
    return column;
}

void statistics(uint i)
{
    Column column = column_of(i);
    vec4 shift = load_channels(column.address);
    vec4 sum = vec4(0.0), squares = vec4(0.0);
    // Lanes of a short chunk go on with those of a long one beside it: Mesa 22.3.6 loses sums of loops that end earlier in some lanes.
    uint end = VECTORS ? column.pixels : min(chunk_pixels, pixels);
    uint64_t at = column.address;
    uint counter = counter_start(chunks == 0), pixel;
    do
    {
        pixel = counted(counter);
        if (MERGED) at = column.address + pixel * column.step;
        [[unroll]] for (uint u = 0; u < TURN_PIXELS; u++)
        {
            // Behind the chunk's end the first value again, whose distance is 0.
            uint64_t address = pixel + u < column.pixels ? at + u * column.step : column.address;
            vec4 distance = load_channels(address) - shift;
            sum += distance;
            squares += distance * distance;
        }
        at += TURN_PIXELS * column.step;
        counter += TURN_PIXELS;
    } while (pixel + TURN_PIXELS < end);
    vec4 mean = sum / float(column.pixels);
    uint64_t pair = partials + (uint64_t(column.sample_index * chunks + column.chunk) * channels + column.channel) * 8;
    [[unroll]] for (uint e = 0; e < WIDTH; e++)
    {
        float rest = max(squares[e] - sum[e] * mean[e], 0.0);
        store_moments(pair + channel_at(e) * 8, vec2(shift[e] + mean[e], rest));
    }
}

// Sum over the group's pairs of n * distance of the mean (pass 0), or of squares (pass 1), each from near + rest.
float combined(uint64_t pairs, uint size, uint pass, float near, float rest)
{
    float sum = 0.0;
    uint count = chunks * size, j = gl_LocalInvocationID.x;
    if (j >= count) return sum;
    do
    {
        uint chunk = j / size;
        vec2 pair = load_moments(pairs + uint64_t(chunk * channels + j % size) * 8);
        float distance = (pair.x - near) - rest, n = float(pixels_in_chunk(chunk));
        sum += pass == 0 ? n * distance : pair.y + n * distance * distance;
        j += WORKGROUP_SIZE;
    } while (j < count);
    return sum;
}

void combine()
{
    uint group = workgroup_index() % groups, of = workgroup_index() / groups;
    uint size = channels / groups, start = group * size;
    uint64_t pairs = partials + (uint64_t(of) * chunks * channels + start) * 8;
    float total = float(pixels) * float(size);
    float near = load_f32(pairs, 0), rest = 0.0, result = 0.0;
    uint pass = 0;
    do
    {
        result = workgroup_sum(combined(pairs, size, pass, near, rest)) / total;
        rest = pass == 0 ? result : rest;
        pass++;
    } while (pass < 2);
    float rstd = inversesqrt(result + epsilon);

    uint64_t planes = affine + uint64_t(of) * channels * 12;
    uint c = start + gl_LocalInvocationID.x;
    while (c < start + size)
    {
        float scale = rstd * load_f32(weight, c);
        F32(planes).v[c] = near;
        F32(planes).v[channels + c] = scale;
        F32(planes).v[2 * channels + c] = load_f32(bias, c) - rest * scale;
        c += WORKGROUP_SIZE;
    }
}

// TURN_PIXELS of the column from pixel `first` on; leaves what y's lines held.
uint apply_turn(Column column, uint first, vec4 near, vec4 scale, vec4 shift)
{
    // All loads come first, so that misses overlap; behind the chunk's end the last value again.
    vec4 values[TURN_PIXELS];
    uint touched = 0;
    uint64_t from = column.address + first * column.step;
    uint64_t to = y + ((column.row + first) * channels + column.channel) * STORAGE_BYTES;
    [[unroll]] for (uint u = 0; u < TURN_PIXELS; u++)
    {
        values[u] = load_channels(from);
        from += first + u + 1 < column.pixels ? uint(column.step) : 0;
    }
    [[unroll]] for (uint u = 0; u < TURN_PIXELS; u++)
    {
        uint64_t line = to + (first + u < column.pixels ? u * channels * STORAGE_BYTES : 0);
        [[unroll]] for (uint at = 0; at < LANES * 8; at += LINE) touched |= WIDE_VECTORS ? Bits32(line + at).v[0] : 0;
    }
    [[unroll]] for (uint u = 0; u < TURN_PIXELS; u++)
    {
        vec4 result = (values[u] - near) * scale + shift;
        if (first + u < column.pixels)
        {
            if (activation == ACTIVATION_SILU)
            {
                [[unroll]] for (uint e = 0; e < WIDTH; e++) result[e] = silu(result[e]);
            }
            store_channels(to, result);
        }
        to += channels * STORAGE_BYTES;
    }
    return touched;
}

void apply(uint i)
{
    Column column = column_of(i);
    uint64_t planes = affine + uint64_t(column.sample_index) * channels * 12;
    vec4 near = load_plane(planes, column.channel), scale = load_plane(planes, channels + column.channel);
    vec4 shift = load_plane(planes, 2 * channels + column.channel);
    uint first = 0;
    do
    {
        apply_turn(column, first, near, scale, shift);
        first += TURN_PIXELS;
    } while (!ONE_TURN && first < column.pixels);
}

// All channels of TURN_PIXELS pixels: y is stored in the order of memory, and by scatters, for whose lines the processor fetches nothing ahead.
void apply_pixels(uint turn)
{
    uint columns = channels / (WIDTH * LANES), touched = 0, column_index, counter = counter_start(chunks == 0);
    do
    {
        column_index = counted(counter);
        Column column = column_of(turn * columns + column_index);
        uint64_t planes = affine + uint64_t(column.sample_index) * channels * 12;
        vec4 near = load_plane(planes, column.channel), scale = load_plane(planes, channels + column.channel);
        touched |= apply_turn(column, 0, near, scale, load_plane(planes, 2 * channels + column.channel));
        counter++;
    } while (column_index + 1 < columns);
    if ((touched & (chunks >> 31)) != 0) F32(y).v[0] = 0.0; // never, which the compiler does not know
}

void main()
{
    if (STAGE == STAGE_COMBINE)
    {
        if (workgroup_index() * WORKGROUP_SIZE < invocations) combine();
        return;
    }
    uint i = VECTORS ? min(workgroup_index(), invocations - 1) : workgroup_index() * WORKGROUP_SIZE + gl_LocalInvocationID.x;
    if (i >= invocations) return;
    if (STAGE == STAGE_STATISTICS) statistics(i);
    else if (WIDE_VECTORS) apply_pixels(i);
    else apply(i);
}
