using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>One flat object and what it does, in the words of the embedded model's grammar.</summary>
/// <param name="Shape">One of <see cref="SceneWords.Shapes"/>.</param>
/// <param name="Colour">One of <see cref="SceneWords.Colours"/>.</param>
/// <param name="Size">"small" or "big".</param>
/// <param name="Motion">One of <see cref="SceneWords.Motions"/>.</param>
public sealed record SceneObject(string? Shape, string? Colour, string? Size, string? Motion);

/// <summary>What a clip should show or shows: one or two objects on a plain background.</summary>
/// <param name="Layout">"single", "row" (the first object is left) or "column" (the first object is on top).</param>
/// <param name="Background">One of <see cref="SceneWords.Backgrounds"/>.</param>
/// <param name="Objects">In the order of the layout.</param>
public sealed record Scene(string? Layout, string? Background, ImmutableArray<SceneObject> Objects)
{
    /// <summary>How many attributes a scene of so many objects has: layout and background, four for each object.</summary>
    public static int Attributes(int objects) => 2 + (4 * objects);
}

/// <summary>A line of a prompt list: the prompt and, where the list says so, the scene that it asks for.</summary>
/// <param name="HeldOut">The combination was never trained on.</param>
public sealed record ScenePrompt(string Prompt, Scene? Scene = null, bool HeldOut = false)
{
    /// <summary>Reads a list: one prompt a line, either plain text or a JSON object of this record's members.</summary>
    /// <exception cref="FormatException">A line is neither; the message names it.</exception>
    public static IReadOnlyList<ScenePrompt> ReadLines(IEnumerable<string> lines)
    {
        List<ScenePrompt> prompts = [];
        int number = 0;
        foreach (string line in lines.Select(l => l.Trim()))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            prompts.Add(line[0] == '{' ? Parse(line, number) : new(line));
        }

        return prompts.Count > 0 ? prompts : throw new FormatException("The list holds no prompt: write one per line.");
    }

    private static ScenePrompt Parse(string line, int number)
    {
        try
        {
            ScenePrompt prompt = JsonSerializer.Deserialize(line, SceneJson.Default.ScenePrompt)!;
            string? wrong = string.IsNullOrWhiteSpace(prompt.Prompt) ? "has no prompt" : prompt.Scene is { } scene ? SceneWords.Complaint(scene) : null;
            return wrong is null ? prompt : throw new FormatException($"Line {number} {wrong}.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"Line {number} is no prompt in JSON: {error.Message}", error);
        }
    }
}

/// <summary>How prompt lists are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ScenePrompt))]
internal sealed partial class SceneJson : JsonSerializerContext;

/// <summary>The words of the grammar, and the colours and sizes that they stand for.</summary>
public static class SceneWords
{
    public static readonly ImmutableArray<string> Shapes = ["circle", "square", "triangle", "star", "ring", "cross"];
    public static readonly ImmutableArray<string> Motions = ["left", "right", "up", "down", "growing", "shrinking", "bouncing", "still"];
    public static readonly ImmutableArray<string> Sizes = ["small", "big"];
    public static readonly ImmutableArray<string> Layouts = ["single", "row", "column"];

    public static readonly ImmutableDictionary<string, Rgb> Colours = new Dictionary<string, Rgb>
    {
        ["red"] = new(220, 40, 40), ["green"] = new(40, 160, 60), ["blue"] = new(40, 70, 220), ["yellow"] = new(245, 220, 50),
        ["orange"] = new(245, 130, 20), ["purple"] = new(140, 50, 180), ["white"] = new(250, 250, 250), ["black"] = new(15, 15, 15),
    }.ToImmutableDictionary();

    public static readonly ImmutableDictionary<string, Rgb> Backgrounds = new Dictionary<string, Rgb>
    {
        ["white"] = new(250, 250, 250), ["black"] = new(15, 15, 15), ["grey"] = new(128, 128, 128),
        ["sky blue"] = new(140, 205, 250), ["green"] = new(40, 160, 60), ["pink"] = new(250, 175, 200),
    }.ToImmutableDictionary();

    public static string Nearest(ImmutableDictionary<string, Rgb> names, Rgb colour) => names.MinBy(n => Rgb.SquaredDistance(n.Value, colour)).Key;

    /// <summary>Between small and big: the mean radius in parts of the frame's height.</summary>
    public static double SizeLimit(int objects) => objects == 1 ? 23.5 / 128 : 18.2 / 128;

    /// <summary>What is wrong with a scene, or null.</summary>
    internal static string? Complaint(Scene scene)
    {
        if (scene.Objects.IsDefault || scene.Objects.Length is < 1 or > 2)
        {
            return "asks for no object or for more than two";
        }

        string? Unknown(string kind, string? word, IEnumerable<string> known) =>
            known.Contains(word) ? null : $"has the unknown {kind} '{word}'; known are {string.Join(", ", known)}";
        return Unknown("layout", scene.Layout, scene.Objects.Length == 1 ? ["single"] : Layouts.Skip(1))
            ?? Unknown("background", scene.Background, Backgrounds.Keys.Order())
            ?? scene.Objects.Select(o => Unknown("shape", o.Shape, Shapes) ?? Unknown("colour", o.Colour, Colours.Keys.Order())
                ?? Unknown("size", o.Size, Sizes) ?? Unknown("motion", o.Motion, Motions)).FirstOrDefault(c => c is not null);
    }
}
