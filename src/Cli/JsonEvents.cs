using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hummingbird.Vulkan.Cli;

/// <summary>One JSON object per line, each with an <c>event</c> name; for programs that drive this one.</summary>
internal sealed class JsonEvents(TextWriter output)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="name">Of the event.</param>
    /// <param name="fields">Writes the other fields.</param>
    public void Write(string name, Action<Utf8JsonWriter> fields)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, Readable))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            fields(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
        output.Flush();
    }
}
