using System.Net;
using System.Security.Cryptography;

namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>A file on its way, hashed as it comes. What an earlier program left of it is the beginning.</summary>
internal sealed class BlobDownload : IDisposable
{
    private const int Piece = 1 << 20;

    private readonly HubFile file;
    private readonly FileStream target;
    private readonly Action<long> onBytes;
    private IncrementalHash hash;

    public BlobDownload(string path, HubFile file, Action<long> onBytes)
    {
        (this.file, this.onBytes) = (file, onBytes);
        target = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
        hash = BlobHash.Begin(file.IsLarge, file.Size);
        if (target.Length > file.Size)
            target.SetLength(0);
        BlobHash.Append(hash, target, CancellationToken.None);
    }

    public long Position => target.Position;

    public bool IsComplete => Position == file.Size;

    /// <summary>Bytes that came over the network.</summary>
    public long Fetched { get; private set; }

    /// <summary>Takes what one answer gives.</summary>
    /// <exception cref="HubBusyException">It ended too soon.</exception>
    public void Go(Func<HttpResponseMessage> open, CancellationToken cancellation)
    {
        using HttpResponseMessage response = open();
        bool continues = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == Position;
        if (!continues && Position > 0)
            Restart();
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw new HubBusyException($"the server has no bytes from {Position} on");
        using Stream body = response.Content.ReadAsStream(cancellation);
        byte[] buffer = new byte[Piece];
        for (int read; (read = HubConnection.Read(body, buffer, cancellation)) > 0;)
        {
            if (read > file.Size - Position)
            {
                Restart();
                throw new HubException($"{file.Path}: the server sends more than the {file.Size} bytes it lists. Nothing of it is kept.");
            }

            target.Write(buffer, 0, read);
            hash.AppendData(buffer, 0, read);
            Fetched += read;
            onBytes(Position);
        }

        if (!IsComplete)
            throw new HubBusyException($"the connection ended after {Position} of {file.Size} bytes");
    }

    /// <exception cref="HubException">The bytes are not those the Hub lists; they are deleted.</exception>
    public void Check(RepositoryName repository)
    {
        target.Flush(flushToDisk: true);
        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found == file.Hash)
            return;
        string path = target.Name;
        target.Dispose();
        File.Delete(path);
        throw new HubException($"{repository}: '{file.Path}' came with the hash {found}, the Hub lists {file.Hash}: damaged on the way, and deleted. Pull again.");
    }

    public void Dispose()
    {
        target.Dispose();
        hash.Dispose();
    }

    private void Restart()
    {
        target.SetLength(0);
        target.Position = 0;
        hash.Dispose();
        hash = BlobHash.Begin(file.IsLarge, file.Size);
    }
}
