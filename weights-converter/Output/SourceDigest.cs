using System.IO.Hashing;
using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Output;

/// <summary>What a model folder records about a file it was made of.</summary>
/// <param name="File">Its bare name.</param>
/// <param name="Sha256">In lower-case hex.</param>
public sealed record SourceRecord(string File, long Bytes, string Sha256);

/// <summary>One pass over a source file: its SHA-256, and the checksums of the archive's members, where it is one.</summary>
internal static class SourceDigest
{
    private const int Piece = 4 << 20;

    /// <exception cref="WeightException">A member's checksum is wrong: the file is damaged.</exception>
    public static SourceRecord Of(string path, IReadOnlyList<ZipEntry> members, CancellationToken cancellation)
    {
        using CheckpointBytes file = CheckpointBytes.Open(path, FileOptions.SequentialScan);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ZipEntry[] ordered = [.. members.Where(m => m.Length > 0).OrderBy(m => m.Begin)];
        byte[] buffer = new byte[(int)Math.Min(Piece, file.Length)];
        int member = 0;
        var crc = new Crc32();
        for (long at = 0; at < file.Length; at += buffer.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - at));
            file.Read(at, part, "the file for its checksum");
            sha.AppendData(part);
            while (member < ordered.Length && ordered[member].Begin < at + part.Length)
            {
                long from = Math.Max(ordered[member].Begin, at), to = Math.Min(ordered[member].End, at + part.Length);
                crc.Append(part[(int)(from - at)..(int)(to - at)]);
                if (ordered[member].End > at + part.Length)
                    break;
                Check(file, ordered[member++], crc.GetCurrentHashAsUInt32());
                crc.Reset();
            }
        }

        return new SourceRecord(Path.GetFileName(path), file.Length, Convert.ToHexStringLower(sha.GetHashAndReset()));
    }

    private static void Check(CheckpointBytes file, ZipEntry member, uint crc)
    {
        if (crc != member.Crc)
            throw file.Bad($"member {Quote.Name(member.Name)} has checksum {crc:x8}, expected {member.Crc:x8}: the file is damaged, fetch it again");
    }
}
