using System.Collections.Concurrent;
using System.Reflection;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>SPIR-V by name, from the resources <c>spirv/NAME.spv</c> of an assembly.</summary>
public sealed class ShaderLibrary(Assembly assembly)
{
    private const string Prefix = "spirv/";
    private const string Suffix = ".spv";
    private const uint SpirvMagic = 0x0723_0203;

    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> added = new();

    public IEnumerable<string> Names => assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal) && n.EndsWith(Suffix, StringComparison.Ordinal))
        .Select(n => n[Prefix.Length..^Suffix.Length])
        .Concat(added.Keys)
        .Order(StringComparer.Ordinal);

    /// <exception cref="ShaderNotFoundException">No shader has this name.</exception>
    public byte[] Load(string name)
    {
        if (added.TryGetValue(name, out ReadOnlyMemory<byte> spirv))
        {
            return spirv.ToArray();
        }

        using Stream stream = assembly.GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new ShaderNotFoundException(name, Names.ToArray());
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Adds or replaces a shader, for shaders that are not part of the engine.</summary>
    /// <exception cref="ArgumentException">The bytes are not SPIR-V.</exception>
    public void Add(string name, ReadOnlyMemory<byte> spirv)
    {
        if (spirv.Length < 20 || spirv.Length % 4 != 0 || BitConverter.ToUInt32(spirv.Span) != SpirvMagic)
        {
            throw new ArgumentException($"{name}: {spirv.Length} bytes that do not begin like SPIR-V.", nameof(spirv));
        }

        added[name] = spirv;
    }
}

/// <summary>A kernel asks for a shader this build does not contain.</summary>
public sealed class ShaderNotFoundException(string name, IReadOnlyCollection<string> known)
    : Exception($"No shader is called \"{name}\". This build has {known.Count}: {string.Join(", ", known)}. Was shaders/variants.json changed without running tools/ShaderBuild?");
