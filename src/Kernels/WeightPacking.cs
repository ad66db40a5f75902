namespace Hummingbird.Vulkan.Kernels;

/// <summary>What becomes of a weight on its way into device memory: its values as its kernel's variant wants them.</summary>
/// <remarks>Canonical (in files and for the reference): <c>[N, taps, C]</c>, output channel outermost, C over all concatenated sources.</remarks>
public abstract record WeightPacking
{
    /// <summary>Bytes of the packed weight.</summary>
    public abstract long SizeInBytes { get; }

    /// <summary>Packs a canonical weight <c>[N, taps, C]</c> into <paramref name="packed"/> (<see cref="SizeInBytes"/> bytes).</summary>
    public abstract void Pack(ReadOnlySpan<float> canonical, Span<byte> packed);

    /// <summary>The same from fp16 values.</summary>
    public abstract void Pack(ReadOnlySpan<Half> canonical, Span<byte> packed);
}
