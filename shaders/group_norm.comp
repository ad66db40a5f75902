#version 460
// group_norm: y = act((x - mean) * rsqrt(variance + epsilon) * weight + bias), statistics per sample and group.
//
// x [samples, pixels, C0] and x2 [samples, pixels, C1] stand side by side (C = C0 + C1, x2 may be absent), each with its row
// stride; weight, bias [C] fp32; y [samples, pixels, C]. A sample is a frame, or all frames of a video.
// Three stages, one pipeline each:
//   0 per channel and chunk of pixels: mean and sum of squared distances, from sums shifted by the chunk's first value
//   1 per sample and group: Chan's combination of those pairs; leaves near, rest and scale per channel: mean = near + rest
//   2 y = act(((x - near) - rest) * scale + bias), exact to the last bits however far the mean is from zero
// partials [samples, chunks, C, 2] and affine [samples, C, 3] are scratch. No atomics: the same bits on every run.
// Constants: 0 workgroup size, 1 STAGE.
// Ladder: v1 an invocation is a channel of a chunk, so reads run along the channels and no stage but 1 needs a barrier.
#include "common/types.glsl"
#include "common/activation.glsl"
#include "common/reduce.glsl"

#define STAGE_STATISTICS 0
#define STAGE_COMBINE 1
#define UNROLL 4
#define APPLY_PIXELS 8

layout(constant_id = 1) const uint STAGE = 0;

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

// One channel's values over a chunk of pixels.
struct Column
{
    uint64_t address;
    uint64_t step;
    uint64_t row;
    uint sample_index;
    uint channel;
    uint pixels;
};

uint workgroup_index() { return gl_WorkGroupID.x + gl_WorkGroupID.y * fold; }

uint pixels_in_chunk(uint chunk) { return min(chunk_pixels, pixels - chunk * chunk_pixels); }

Column column_of(uint i)
{
    Column column;
    column.channel = i % channels;
    uint chunk = i / channels % chunks;
    column.sample_index = i / (channels * chunks);
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
    float shift = load(column.address, 0);
    float sum = 0.0, squares = 0.0;
    uint pixel = 0;
    do
    {
        [[unroll]] for (uint u = 0; u < UNROLL; u++)
        {
            bool inside = pixel + u < column.pixels;
            float distance = inside ? load(column.address + (inside ? u * column.step : 0ul), 0) - shift : 0.0;
            sum += distance;
            squares += distance * distance;
        }
        column.address += UNROLL * column.step;
        pixel += UNROLL;
    } while (pixel < column.pixels);
    float mean = sum / float(column.pixels);
    F32(partials).v[2 * i] = shift + mean;
    F32(partials).v[2 * i + 1] = max(squares - sum * mean, 0.0);
}

void combine()
{
    uint group = workgroup_index() % groups, of = workgroup_index() / groups;
    uint size = channels / groups, start = group * size, count = chunks * size;
    uint64_t pairs = partials + uint64_t(of) * chunks * channels * 8;
    float total = float(pixels) * float(size);

    float near = load_f32(pairs, 2 * start);
    float sum = 0.0;
    for (uint j = gl_LocalInvocationID.x; j < count; j += WORKGROUP_SIZE)
    {
        uint chunk = j / size;
        sum += float(pixels_in_chunk(chunk)) * (load_f32(pairs, 2 * (chunk * channels + start + j % size)) - near);
    }
    float rest = workgroup_sum(vec2(sum, 0.0)).x / total;

    float squares = 0.0;
    for (uint j = gl_LocalInvocationID.x; j < count; j += WORKGROUP_SIZE)
    {
        uint chunk = j / size, pair = 2 * (chunk * channels + start + j % size);
        float distance = (load_f32(pairs, pair) - near) - rest;
        squares += load_f32(pairs, pair + 1) + float(pixels_in_chunk(chunk)) * distance * distance;
    }
    float rstd = inversesqrt(workgroup_sum(vec2(squares, 0.0)).x / total + epsilon);

    for (uint c = start + gl_LocalInvocationID.x; c < start + size; c += WORKGROUP_SIZE)
    {
        uint triple = 3 * (of * channels + c);
        F32(affine).v[triple] = near;
        F32(affine).v[triple + 1] = rest;
        F32(affine).v[triple + 2] = rstd * load_f32(weight, c);
    }
}

void apply(uint i)
{
    Column column = column_of(i);
    uint triple = 3 * (column.sample_index * channels + column.channel);
    float near = load_f32(affine, triple), rest = load_f32(affine, triple + 1), scale = load_f32(affine, triple + 2);
    float shift = load_f32(bias, column.channel);
    uint64_t target = y + (column.row * channels + column.channel) * STORAGE_BYTES;
    [[unroll]] for (uint pixel = 0; pixel < APPLY_PIXELS; pixel++)
    {
        if (pixel < column.pixels)
        {
            float value = ((load(column.address + pixel * column.step, 0) - near) - rest) * scale + shift;
            if (activation == ACTIVATION_SILU) value = silu(value);
            store(target + uint64_t(pixel) * channels * STORAGE_BYTES, 0, value);
        }
    }
}

void main()
{
    if (STAGE == STAGE_COMBINE)
    {
        if (workgroup_index() * WORKGROUP_SIZE < invocations) combine();
        return;
    }
    uint i = workgroup_index() * WORKGROUP_SIZE + gl_LocalInvocationID.x;
    if (i >= invocations) return;
    if (STAGE == STAGE_STATISTICS) statistics(i);
    else apply(i);
}
