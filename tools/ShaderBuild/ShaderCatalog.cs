using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hummingbird.Vulkan.Tools.ShaderBuild;

/// <summary>One SPIR-V file: a kernel's GLSL compiled with certain defines.</summary>
/// <param name="Kernel">Name of the GLSL file without <c>.comp</c>.</param>
/// <param name="Name">Name of the SPIR-V file without <c>.spv</c>: <c>layer_norm.f16</c>.</param>
/// <param name="Defines">Preprocessor definitions, ordered by name.</param>
/// <param name="Glslc">The first version of glslc that compiles it; null: any will do.</param>
public sealed record ShaderVariant(string Kernel, string Name, ImmutableArray<KeyValuePair<string, string>> Defines, Version? Glslc = null);

/// <summary>What shaders/variants.json lists, and whether the checked-in SPIR-V still belongs to it.</summary>
/// <remarks>Needs no shader compiler. The hash of a variant covers its source with all includes in place, its defines and the
/// compiler's options, so that a change of any of them shows as drift.</remarks>
public sealed class ShaderCatalog
{
    /// <summary>Options every variant is compiled with.</summary>
    public static readonly ImmutableArray<string> CompilerOptions = ["--target-env=vulkan1.2", "-O"];

    private const int MaxIncludeDepth = 8;

    // The one entry of a variant in variants.json that is no definition.
    private const string GlslcEntry = "glslc";

    private static readonly Dictionary<string, string> NoHashes = [];

    private readonly string folder;

    /// <param name="folder">The shaders folder.</param>
    public ShaderCatalog(string folder)
    {
        this.folder = folder;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "variants.json")));
        Variants = [.. from kernel in document.RootElement.EnumerateObject()
                       from variant in kernel.Value.EnumerateObject()
                       select new ShaderVariant(kernel.Name, variant.Name, Defines(variant.Value), Glslc(variant.Value))];
        string? twice = Variants.GroupBy(v => v.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null)
        {
            throw new InvalidDataException($"variants.json lists {twice} twice; variant names must be unique across kernels.");
        }
    }

    public ImmutableArray<ShaderVariant> Variants { get; }

    public string SpirvFolder => Path.Combine(folder, "spirv");

    public string SourcePath(ShaderVariant variant) => Path.Combine(folder, variant.Kernel + ".comp");

    public string SpirvPath(ShaderVariant variant) => Path.Combine(SpirvFolder, variant.Name + ".spv");

    private string HashesPath => Path.Combine(SpirvFolder, "hashes.json");

    /// <summary>SHA-256, in lower-case hexadecimal, of everything that decides a variant's SPIR-V except the compiler's version.</summary>
    public string Hash(ShaderVariant variant)
    {
        StringBuilder text = new();
        text.AppendJoin(' ', CompilerOptions).Append('\n');
        foreach ((string name, string value) in variant.Defines)
        {
            text.Append("-D").Append(name).Append('=').Append(value).Append('\n');
        }

        text.Append(Source(variant));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>The GLSL of a variant with its includes in place.</summary>
    public string Source(ShaderVariant variant)
    {
        StringBuilder text = new();
        Expand(SourcePath(variant), text, depth: 0);
        return text.ToString();
    }

    /// <summary>The hashes the checked-in SPIR-V was compiled from; empty before the first build, and where a merge left the file unreadable.</summary>
    public IReadOnlyDictionary<string, string> RecordedHashes()
    {
        try
        {
            return File.Exists(HashesPath) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(HashesPath))! : NoHashes;
        }
        catch (JsonException)
        {
            return NoHashes;
        }
    }

    /// <summary>Writes hashes.json, one line per variant in ordinal order, so that parallel changes merge.</summary>
    public void Record(IReadOnlyDictionary<string, string> hashes)
    {
        string[] lines = [.. hashes.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"  \"{h.Key}\": \"{h.Value}\"")];
        File.WriteAllText(HashesPath, $"{{\n{string.Join(",\n", lines)}\n}}\n");
    }

    /// <summary>SPIR-V files in the folder that no variant names.</summary>
    public IReadOnlyList<string> Orphans()
    {
        if (!Directory.Exists(SpirvFolder))
        {
            return [];
        }

        HashSet<string> known = [.. Variants.Select(v => v.Name)];
        return [.. Directory.GetFiles(SpirvFolder, "*.spv").Where(f => !known.Contains(Path.GetFileNameWithoutExtension(f))).Order(StringComparer.Ordinal)];
    }

    /// <summary>One line for everything in which sources and SPIR-V disagree; none when all is well.</summary>
    public IReadOnlyList<string> FindDrift()
    {
        IReadOnlyDictionary<string, string> recorded = RecordedHashes();
        List<string> drift = [];
        foreach (ShaderVariant variant in Variants)
        {
            if (!File.Exists(SpirvPath(variant)))
            {
                drift.Add($"{variant.Name}: spirv/{variant.Name}.spv is missing");
            }
            else if (!recorded.TryGetValue(variant.Name, out string? hash))
            {
                drift.Add($"{variant.Name}: spirv/hashes.json has no entry for it");
            }
            else if (hash != Hash(variant))
            {
                drift.Add($"{variant.Name}: {variant.Kernel}.comp, one of its includes or its defines changed after it was compiled");
            }
        }

        HashSet<string> known = [.. Variants.Select(v => v.Name)];
        drift.AddRange(Orphans().Select(f => $"{Path.GetFileName(f)}: no variant in variants.json makes this file"));
        drift.AddRange(recorded.Keys.Where(k => !known.Contains(k)).Select(k => $"{k}: in spirv/hashes.json, but not in variants.json"));
        return drift;
    }

    private static ImmutableArray<KeyValuePair<string, string>> Defines(JsonElement defines)
        => [.. defines.EnumerateObject().Where(d => d.Name != GlslcEntry).Select(d => KeyValuePair.Create(d.Name, d.Value.ToString())).OrderBy(d => d.Key, StringComparer.Ordinal)];

    private static Version? Glslc(JsonElement variant)
        => variant.TryGetProperty(GlslcEntry, out JsonElement version) ? Version.Parse(version.GetString()!) : null;

    // Conditional includes are expanded whatever the defines: a hash that covers too much only costs a needless compile.
    private void Expand(string path, StringBuilder text, int depth)
    {
        if (depth > MaxIncludeDepth)
        {
            throw new InvalidDataException($"{path} is included {depth} levels deep: includes go in a circle.");
        }

        foreach (string line in File.ReadLines(path))
        {
            if (IncludedName(line) is { } name)
            {
                Expand(Resolve(path, name), text, depth + 1);
            }
            else
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string? IncludedName(string line)
    {
        string[] parts = line.Trim().Split('"');
        return parts.Length == 3 && parts[0].Replace(" ", "") == "#include" ? parts[1] : null;
    }

    private string Resolve(string from, string name)
    {
        string beside = Path.Combine(Path.GetDirectoryName(from)!, name);
        string below = Path.Combine(folder, name);
        return File.Exists(beside) ? beside
            : File.Exists(below) ? below
            : throw new FileNotFoundException($"{from} includes \"{name}\", which is neither beside it nor in {folder}.");
    }
}
