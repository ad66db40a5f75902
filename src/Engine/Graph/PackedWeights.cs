using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Weights kept in the order a family of the matrix core wants: packed/FAMILY.safetensors in a model folder.</summary>
/// <remarks>A weight is found by what it was made of: its shape, its packing and samples of its values (the first, middle and last thousand of
/// each tensor). So packed weights of another model, device or size are not taken, they are just not there; what is not there is packed when it is
/// loaded. A tensor changed nowhere but between the samples is not noticed: a folder edited by hand is to be converted again. Every tensor
/// [bytes + 8] ends with the XXH3 of its bytes; one that is damaged counts as not there. Read straight into the memory the device computes
/// in. (Importing the mapped file instead would save that copy, but AMD's kernel driver takes no memory that belongs to a file.)</remarks>
public sealed class PackedWeights(SafetensorsFile file)
{
    /// <summary>Of the layout; another one makes all keys others.</summary>
    private const int Version = 1;

    private const int HashBytes = sizeof(ulong), Piece = 1 << 20, Samples = 3, SampleLength = 1024;

    private readonly HashSet<string> used = new(StringComparer.Ordinal), missing = new(StringComparer.Ordinal), damaged = new(StringComparer.Ordinal);

    /// <summary>What did not fit, for the user; null when all did.</summary>
    public string? Note => missing.Count + damaged.Count == 0 ? null
        : $"{file.DisplayName}: of {used.Count + missing.Count + damaged.Count} weights {missing.Count} are not in it as this device and this size of video want them"
            + $"{(damaged.Count > 0 ? $", {damaged.Count} are damaged" : "")}; those were packed anew.";

    /// <summary>Of the families as `convert --pack` names them.</summary>
    public static ImmutableDictionary<string, MatrixFamily> Families { get; } = new Dictionary<string, MatrixFamily>
    {
        ["gather"] = MatrixFamily.Gather, ["ldv"] = MatrixFamily.LoadVector, ["tiled"] = MatrixFamily.Tiled, ["coopmat"] = MatrixFamily.CoopMatrix,
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>Path within a model folder.</summary>
    public static string FileOf(MatrixFamily family)
        => $"packed/{Families.First(f => f.Value == (family == MatrixFamily.TiledPacked ? MatrixFamily.Tiled : family)).Key}.safetensors";

    /// <summary>Fills <paramref name="target"/> with the packed weight, if it is there and whole.</summary>
    public bool TryRead(WeightRecipe recipe, WeightPacking packing, Span<byte> target)
    {
        string key = KeyOf(recipe, packing);
        if (!file.Tensors.TryGetValue(key, out TensorEntry? entry) || entry.SizeInBytes != target.Length + HashBytes)
        {
            missing.Add(key);
            return false;
        }

        bool isWhole = Read(entry, target);
        (isWhole ? used : damaged).Add(key);
        return isWhole;
    }

    /// <summary>As it is written: the bytes, then their hash.</summary>
    public static TensorToWrite ToWrite(WeightRecipe recipe, WeightPacking packing, Func<byte[]> pack) => new(
        KeyOf(recipe, packing), WeightType.U8, [packing.SizeInBytes + HashBytes],
        stream =>
        {
            byte[] bytes = pack();
            stream.Write(bytes);
            Span<byte> hash = stackalloc byte[HashBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(hash, XxHash3.HashToUInt64(bytes));
            stream.Write(hash);
        });

    private static string KeyOf(WeightRecipe recipe, WeightPacking packing)
    {
        XxHash128 hash = new();
        string parts = string.Join(' ', recipe.Parts.Select(p => $"{p.Type}[{string.Join(',', p.Shape)}]"));
        hash.Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Version} {packing} {recipe.IsConvolution} {parts}")));
        float[] values = new float[SampleLength];
        foreach (WeightTensor part in recipe.Parts)
        {
            int length = (int)Math.Min(SampleLength, part.ElementCount);
            for (int i = 0; i < Samples; i++)
            {
                part.ReadFloats(values.AsSpan(0, length), (part.ElementCount - length) * i / (Samples - 1));
                hash.Append(MemoryMarshal.AsBytes(values.AsSpan(0, length)));
            }
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    // Through a buffer: memory that the device shares may be slow to read back.
    private bool Read(TensorEntry entry, Span<byte> target)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        XxHash3 hash = new();
        for (int at = 0; at < target.Length; at += Piece)
        {
            Span<byte> piece = buffer.AsSpan(0, Math.Min(Piece, target.Length - at));
            file.Read(entry, piece, at);
            hash.Append(piece);
            piece.CopyTo(target[at..]);
        }

        Span<byte> expected = buffer.AsSpan(0, HashBytes);
        file.Read(entry, expected, target.Length);
        bool isWhole = hash.GetCurrentHashAsUInt64() == BinaryPrimitives.ReadUInt64LittleEndian(expected);
        ArrayPool<byte>.Shared.Return(buffer);
        return isWhole;
    }
}
