#version 460
// winograd_output: y = activation(A^T m A + bias + shift) + residual over the tiles of a convolution's output (along lines only: A^T m). Last of the
// three dispatches of conv2d's Winograd variant.
//
// m [SIDE COLUMN_SIDE, tiles, m_stride] fp32 for `tiles` tiles from first_tile on; bias [N] and shift [groups, N] fp32; residual
// [images, height, width, N] with row stride -> y [images, height, width, N]. Image i uses shift[i / shift_images]. With
// IN_FRAMES the bias is [1 + 2 frames, N] as in conv2d.
// Constants: 0 workgroup size, 1 FEATURES as in common/matrix.glsl, 2 TILE, 3 ACCESS, 4 COLUMN_TILE and 5 SUBGROUP as in common/winograd.glsl.
// Ladder: v1 two channels per invocation, 64 bits per load and store, columns transformed as they are read.
#include "common/types.glsl"
#include "common/activation.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t m;
    uint64_t bias;
    uint64_t shift;
    uint64_t residual;
    uint64_t y;
    uint columns;
    uint m_stride;
    uint residual_stride;
    uint y_stride;
    uint shift_images;
    uint shift_stride;
    uint height;
    uint width;
    uint tiles_across;
    uint tiles_down;
    uint first_tile;
    uint tiles;
    uint fold;
    uint frames;
};

#include "common/winograd.glsl"

vec2 parameters(uint64_t address, uint column)
{
    if (VECTORS) return load_pair_f32(address + uint64_t(column) * 4);
    return vec2(load_f32(address, column), load_f32(address, min(column + 1, columns - 1)));
}

uint64_t addend_at(uint64_t pixel, uint column) { return residual + (pixel * residual_stride + column) * STORAGE_BYTES; }

void finish(uint64_t pixel, uint column, vec2 value, vec2 addend)
{
    uint64_t target = y + (pixel * y_stride + column) * STORAGE_BYTES;
    value = vec2(activate(value.x, int(ACTIVATION)), activate(value.y, int(ACTIVATION))) + addend;
    if (!SCALAR_LOADS)
    {
        store_pair(target, value);
        return;
    }

    uint64_t more = addend_at(pixel, column);
    store(target, 0, value.x + (HAS_RESIDUAL ? load(more, 0) : 0.0));
    if (column + 1 < columns) store(target, 1, value.y + (HAS_RESIDUAL ? load(more, 1) : 0.0));
}

void main()
{
    uint tile = tile_index(fold), column = first_channel(columns);
    if (VECTORS) tile = min(tile, tiles - 1); // uniform loads go on behind a return
    else if (tile >= tiles || column >= columns) return;

    uint64_t source = m + (uint64_t(tile) * m_stride + column) * 4;
    uint64_t step = uint64_t(tiles) * (m_stride * 4);
    vec2 half_done[4 * MAX_SIDE];
    [[unroll]] for (uint j = 0; j < COLUMN_SIDE; j++)
    {
        vec2 d[MAX_SIDE];
        [[unroll]] for (uint i = 0; i < SIDE; i++) d[i] = load_pair_f32(source + (i * COLUMN_SIDE + j) * step);
        transform_output(d);
        [[unroll]] for (uint i = 0; i < TILE; i++) half_done[i * COLUMN_SIDE + j] = d[i];
    }

    uvec3 origin = tile_origin(first_tile + tile, tiles_across, tiles_down);
    vec2 offset = HAS_BIAS ? parameters(bias, column) : vec2(0.0), factor = vec2(1.0);
    if (IN_FRAMES)
    {
        uint frame = origin.x % frames;
        factor = parameters(bias + uint64_t((1 + frame) * columns) * 4, column);
        offset = offset * factor + parameters(bias + uint64_t((1 + frames + frame) * columns) * 4, column);
    }
    if (HAS_SHIFT) offset += parameters(shift + uint64_t(origin.x / shift_images * shift_stride) * 4, column);
    uint64_t image = uint64_t(origin.x) * (height * width);
    [[unroll]] for (uint i = 0; i < TILE; i++)
    {
        vec2 d[MAX_SIDE];
        [[unroll]] for (uint j = 0; j < COLUMN_SIDE; j++) d[j] = half_done[i * COLUMN_SIDE + j];
        if (COLUMN_SIDE > 1) transform_output(d);
        [[unroll]] for (uint j = 0; j < COLUMN_TILE; j++)
        {
            bool inside = origin.y + i < height && origin.z + j < width;
            uint64_t pixel = image + (inside ? (origin.y + i) * width + origin.z + j : 0);
            vec2 addend = HAS_RESIDUAL && !SCALAR_LOADS ? load_pair(addend_at(pixel, column)) : vec2(0.0);
            if (inside) finish(pixel, column, IN_FRAMES ? d[j] * factor + offset : d[j] + offset, addend);
        }
    }
}
