using System.Buffers.Binary;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsFuzz;

/// <summary>Takes the part of a file that is parsed out of what checks it, and puts it back.</summary>
internal static class Wrapping
{
    /// <summary>The pickle of an archive; null for anything else.</summary>
    public static byte[]? PickleOf(byte[] file)
    {
        try
        {
            using CheckpointBytes bytes = CheckpointBytes.Open(file, "seed");
            ZipEntry? entry = ZipDirectory.Read(bytes).FirstOrDefault(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal));
            return entry is { Length: > 0 } ? bytes.ReadBytes(entry.Begin, (int)entry.Length, "the pickle") : null;
        }
        catch (WeightException)
        {
            return null;
        }
    }

    /// <summary>The JSON of a safetensors file; null for anything else.</summary>
    public static byte[]? HeaderOf(byte[] file)
    {
        ulong length = file.Length > sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(file) : 0;
        return length > 0 && length <= (ulong)(file.Length - sizeof(ulong)) && file[sizeof(ulong)] == (byte)'{' ? file[sizeof(ulong)..(int)(sizeof(ulong) + length)] : null;
    }

    public static byte[] Safetensors(byte[] header, int dataBytes)
    {
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. new byte[dataBytes]];
    }
}
