// 64 bits per lane: WIDE neighbouring elements, 2 fp32 or 4 fp16. A CPU driver's gather or scatter takes as long for 64 bits
// as for 32, and a GPU asks memory for a quarter as many pieces in fp16. Addresses must be multiples of 8.
#define WIDE (8 / STORAGE_BYTES)

#include "bits.glsl"

#if STORAGE == 16
vec4 from_bits(uint64_t bits)
{
    uvec2 words = unpack32(bits);
    return vec4(vec2(unpackFloat2x16(words.x)), vec2(unpackFloat2x16(words.y)));
}

uint64_t to_bits(vec4 values) { return join64(uvec2(packFloat2x16(f16vec2(values.xy)), packFloat2x16(f16vec2(values.zw)))); }
#else
vec4 from_bits(uint64_t bits) { return vec4(uintBitsToFloat(unpack32(bits)), 0.0, 0.0); }

uint64_t to_bits(vec4 values) { return join64(floatBitsToUint(values.xy)); }
#endif

vec4 load_wide(uint64_t address) { return from_bits(Bits64(address).v[0]); }

void store_wide(uint64_t address, vec4 values) { Bits64(address).v[0] = to_bits(values); }

// WIDE values of an fp32 operand from index `i`, a multiple of 2.
vec4 load_wide_f32(uint64_t address, uint i)
{
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDE; e += 2)
    {
        vec2 two = uintBitsToFloat(unpack32(Bits64(address + uint64_t(i + e) * 4).v[0]));
        values[e] = two.x;
        values[e + 1] = two.y;
    }
    return values;
}
