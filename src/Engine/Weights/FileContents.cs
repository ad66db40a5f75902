namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Recognises, by content, files people hand over in place of safetensors, to name them in the message.</summary>
internal static class FileContents
{
    public const int BytesLookedAt = 64;

    /// <summary>What the file seems to be and what to do with it; null when nothing known.</summary>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("GGUF"u8))
            return "a GGUF file; GGUF is not supported, use the PyTorch or safetensors release of the model";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x89, 0x48, 0x44, 0x46]))
            return "an HDF5 file (Keras); use the PyTorch or safetensors release of the model";
        if (start.StartsWith("version https://git-lfs"u8))
            return "a git-LFS pointer, not the file itself; run `git lfs pull` in the folder it came from";
        if (LooksLikeMarkup(start))
            return "an HTML or XML page; the download was answered by a web page, fetch the file again";
        if (start.StartsWith("PK\u0003\u0004"u8))
            return "a zip archive, probably a PyTorch checkpoint; run `hummingbird convert` on it first";
        if (start.Length >= 2 && start[0] == 0x80 && start[1] is >= 1 and <= 5)
            return "a pickle, probably an old PyTorch checkpoint; run `hummingbird convert` on it first";
        return null;
    }

    private static bool LooksLikeMarkup(ReadOnlySpan<byte> start)
    {
        start = start.TrimStart(" \t\r\n"u8);
        return start.StartsWith("<!"u8) || start.StartsWith("<html"u8) || start.StartsWith("<HTML"u8) || start.StartsWith("<?xml"u8);
    }
}
