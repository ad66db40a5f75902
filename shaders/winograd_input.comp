#version 460
// winograd_input: v = B^T d B (along lines only: B^T d) over the tiles d of a convolution's input, zeros around the image. First of the three
// dispatches of conv2d's Winograd variant; the second is matmul, the third winograd_output.
//
// x [images, height, width, C0] and x2 [images, height, width, C1] (behind x without a copy), each with a row stride; with
// `doubled` 1 the tiles lie on the nearest-x2 image of them -> v [SIDE COLUMN_SIDE, tiles, v_stride] fp32 for `tiles` tiles from
// first_tile on, counted along lines of tiles, then down, then over images. Channels C0 + C1 to v_stride are zeros.
// Constants: 0 workgroup size, 1 FEATURES as in common/matrix.glsl, 2 TILE, 3 ACCESS, 4 COLUMN_TILE and 5 SUBGROUP as in common/winograd.glsl.
// Ladder: v1 two channels per invocation, 64 bits per load and store, columns transformed as they are read.
//         v2 vectors on Mesa 26.2, for AVX2; with AVX-512 1.3 to 2.3 ns a value of v, where 64 bits a lane and workgroups of 64
//         take 0.7 to 0.8. Cut behind each column (as cut.glsl says) vectors are compiled in 105 ms, before in 416, and as fast.
//         v3 64 bits a lane loaded as vectors on AVX-512, workgroups of 64: with winograd_output a tenth of a convolution along time, 7 % of
//         128 channels of 320x512, 0 to 5 % of the others.
#include "common/types.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t x2;
    uint64_t v;
    uint channels;
    uint channels2;
    uint x_stride;
    uint x2_stride;
    uint v_stride;
    uint height;
    uint width;
    uint doubled;
    uint tiles_across;
    uint tiles_down;
    uint first_tile;
    uint tiles;
    uint fold;
};

#include "common/winograd.glsl"

// Where a channel of the first pixel of an image lies, and the bytes from pixel to pixel.
struct Source { uint64_t address; uint pitch; bool exists; };

Source source_of(uint channel, uint image)
{
    bool second = HAS_SECOND && channel >= channels;
    uint c = second ? channel - channels : channel;
    uint stride = second ? x2_stride : x_stride;
    bool exists = c < (second ? channels2 : channels);
    uint64_t first = uint64_t(image) * (height * width) * stride + (exists ? c : 0);
    return Source((second ? x2 : x) + first * STORAGE_BYTES, stride * STORAGE_BYTES, exists);
}

void main()
{
    uint tile = tile_index(fold), channel = first_channel(v_stride);
    if (VECTORS) tile = min(tile, tiles - 1); // uniform loads go on behind a return
    else if (tile >= tiles || channel >= v_stride) return;

    uvec3 origin = tile_origin(first_tile + tile, tiles_across, tiles_down);
    Source own = source_of(channel, origin.x);
    Source next = source_of(channel + 1, origin.x);
    uint line[MAX_SIDE];
    bool line_inside[MAX_SIDE];
    [[unroll]] for (uint i = 0; i < SIDE; i++)
    {
        uint at = origin.y + i - 1; // above the image: a huge number
        line_inside[i] = at < height << doubled;
        line[i] = line_inside[i] ? (at >> doubled) * width : 0;
    }

    vec2 half_done[MAX_SIDE * MAX_SIDE];
    [[unroll]] for (uint j = 0; j < COLUMN_SIDE; j++)
    {
        uint at = origin.z + j - (COLUMN_SIDE > 1 ? 1 : 0);
        bool column_inside = at < width << doubled;
        uint column = column_inside ? at >> doubled : 0;
        vec2 d[MAX_SIDE];
        [[unroll]] for (uint i = 0; i < SIDE; i++)
        {
            uint pixel = line[i] + column;
            vec2 value;
            if (SCALAR_LOADS)
                value = vec2(load(own.address + uint64_t(pixel) * own.pitch, 0), load(next.address + uint64_t(pixel) * next.pitch, 0));
            else
                value = load_pair(own.address + uint64_t(pixel) * own.pitch);
            bool inside = line_inside[i] && column_inside;
            d[i] = vec2(inside && own.exists ? value.x : 0.0, inside && next.exists ? value.y : 0.0);
        }

        transform_input(d);
        [[unroll]] for (uint i = 0; i < SIDE; i++) half_done[i * COLUMN_SIDE + j] = d[i];
        if (VECTORS && tiles == 0)
        {
            vec2 all = vec2(0.0);
            [[unroll]] for (uint i = 0; i < SIDE; i++) all += d[i];
            F32(v).v[0] = all.x + all.y;
        }
    }

    uint64_t target = v + (uint64_t(tile) * v_stride + channel) * 4;
    uint64_t step = uint64_t(tiles) * (v_stride * 4);
    [[unroll]] for (uint i = 0; i < SIDE; i++)
    {
        vec2 d[MAX_SIDE];
        [[unroll]] for (uint j = 0; j < COLUMN_SIDE; j++) d[j] = half_done[i * COLUMN_SIDE + j];
        if (COLUMN_SIDE > 1) transform_input(d);
        [[unroll]] for (uint j = 0; j < COLUMN_SIDE; j++)
        {
            store_pair_f32(target, d[j]);
            target += step;
        }
    }
}
