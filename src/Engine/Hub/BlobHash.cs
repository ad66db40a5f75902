using System.Security.Cryptography;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>The hash a blob is named by: SHA-256 of large files, git's (SHA-1 over "blob SIZE\0" and the contents) of the others.</summary>
internal static class BlobHash
{
    private const int Piece = 1 << 20;

    public static IncrementalHash Begin(bool isLarge, long size)
    {
        if (isLarge)
            return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5350 // Git's choice; it tells damage, not forgery: what is loaded from these files is checked as any file's contents are.
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        return hash;
    }

    public static string OfFile(string path, bool isLarge, CancellationToken cancellation)
    {
        using FileStream file = File.OpenRead(path);
        using IncrementalHash hash = Begin(isLarge, file.Length);
        Append(hash, file, cancellation);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Adds a stream from where it stands to its end.</summary>
    public static void Append(IncrementalHash hash, Stream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Piece];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }
    }
}
