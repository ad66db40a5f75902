using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>HTTP by hand: what no client library would send.</summary>
internal static class RawHttp
{
    public static Task<RawAnswer> SendAsync(int port, AbuseCase abuse)
    {
        bool saysLength = abuse.Head.Contains("Content-Length", StringComparison.Ordinal) || abuse.Head.Contains("Transfer-Encoding", StringComparison.Ordinal);
        string length = abuse.Body is null || saysLength ? "" : $"\r\nContent-Length: {abuse.Body.Length}";
        return SendAsync(port, abuse.Head.Replace("{port}", $"{port}", StringComparison.Ordinal) + length + "\r\n\r\n", abuse.Body);
    }

    /// <summary>Sends bytes as they are and reads the answer until the server closes or says no more.</summary>
    public static async Task<RawAnswer> SendAsync(int port, string head, byte[]? body = null, int patienceSeconds = 20)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(patienceSeconds));
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        NetworkStream stream = tcp.GetStream();
        MemoryStream answer = new();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(head), limit.Token);
            await stream.WriteAsync(body ?? [], limit.Token);
            byte[] buffer = new byte[8192];
            while (!RawAnswer.IsComplete(answer) && await stream.ReadAsync(buffer, limit.Token) is > 0 and int read)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // Reset by the server: what has come so far is its answer.
        }

        return new(Encoding.Latin1.GetString(answer.ToArray()));
    }
}

internal sealed record RawAnswer(string Text)
{
    /// <summary>0 without an answer.</summary>
    public int Status => Text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(Text.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;

    public static bool IsComplete(MemoryStream answer)
    {
        string text = Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)answer.Length);
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        int length = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        return end >= 0 && (text.Contains("0\r\n\r\n", StringComparison.Ordinal) || (length >= 0 && length < end
            && text.Length >= end + 4 + int.Parse(text.AsSpan(length + 16, text.IndexOf('\r', length) - length - 16), CultureInfo.InvariantCulture)));
    }
}
