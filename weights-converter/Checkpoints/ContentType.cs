using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>Tells a file's format by its first bytes; its name says nothing.</summary>
internal static class ContentType
{
    private static readonly byte[] Pickle = [0x80];

    /// <exception cref="WeightException">The file is something else; the message names what.</exception>
    public static CheckpointFormat Of(CheckpointBytes file)
    {
        byte[] start = file.ReadBytes(0, (int)Math.Min(file.Length, FileContents.BytesLookedAt), "the first bytes");
        bool isSafetensors = start.Length > sizeof(ulong) && start[sizeof(ulong)] == (byte)'{';
        if (isSafetensors)
            return CheckpointFormat.Safetensors;
        if (start.AsSpan().StartsWith("PK\u0003\u0004"u8))
            return CheckpointFormat.TorchZip;
        if (start.AsSpan().StartsWith(Pickle) && start.Length > 1 && start[1] is >= 1 and <= 5)
            return CheckpointFormat.TorchLegacy;
        throw file.Bad($"is {FileContents.Describe(start) ?? Other(start) ?? "no file of weights this can read: neither safetensors nor a PyTorch checkpoint"}");
    }

    private static string? Other(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("PK\u0005\u0006"u8))
            return "an empty zip archive";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return "a gzip file; unpack it first";
        if (start.StartsWith("BZh"u8) || start.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z']) || start.StartsWith("7z"u8))
            return "a compressed archive; unpack it first";
        if (start.StartsWith("ggml"u8) || start.StartsWith("lmgg"u8) || start.StartsWith("tjgg"u8))
            return "a GGML file; GGML is not supported, use the PyTorch or safetensors release of the model";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']))
            return "a NumPy array; use the PyTorch or safetensors release of the model";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x08]) && start.IndexOf("pytorch"u8) >= 0)
            return "an ONNX model; use the PyTorch or safetensors release of the model";
        if (start.StartsWith("{"u8) || start.StartsWith("["u8))
            return "a JSON text, no weights";
        if (start.StartsWith("ref: "u8) || start.StartsWith("../../blobs/"u8))
            return "a reference to another file, not the file itself; download the file";
        return start.IndexOf("ustar"u8) >= 0 ? "a tar archive, perhaps a very old PyTorch checkpoint; save it again with torch.save" : null;
    }
}
