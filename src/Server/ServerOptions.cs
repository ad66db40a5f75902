using System.Net;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Hub;

namespace Hummingbird.Vulkan.Server;

/// <summary>How to serve; the defaults are safe on a machine of one's own.</summary>
public sealed record ServerOptions
{
    public const int DefaultPort = 7860;

    /// <summary>Null listens on this machine's loopback addresses only; anything else needs a <see cref="Token"/>.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>0 takes a free one, on 127.0.0.1 alone.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>What every request must show, but for the health check; null asks for nothing.</summary>
    public string? Token { get; init; }

    /// <summary>Where videos and their records are kept.</summary>
    public required string DataFolder { get; init; }

    /// <summary>A folder of model folders that are offered besides the embedded ones; null for none.</summary>
    public string? ModelsFolder { get; init; }

    /// <summary>The model of requests that name none; null: the engine's own.</summary>
    public string? Model { get; init; }

    /// <summary>Model folders pulled from the Hub are offered as OWNER/REPO; null for none.</summary>
    public HubCache? Pulled { get; init; }

    public required DeviceChoice Device { get; init; }

    /// <summary>Jobs that may wait while one runs.</summary>
    public int QueueLength { get; init; } = 8;

    /// <summary>Finished videos that are kept; the oldest go first.</summary>
    public int KeepVideos { get; init; } = 200;

    /// <summary>Bytes of finished videos that are kept.</summary>
    public long KeepBytes { get; init; } = 4L << 30;

    /// <summary>Says one line to whoever started the server; the text comes without control characters and of bounded length.</summary>
    public Action<string> Say { get; init; } = static _ => { };
}

/// <summary>The server cannot start as it was asked to; the message says why.</summary>
public sealed class ServerException(string message, Exception? inner = null) : Exception(message, inner);
