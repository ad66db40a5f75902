using System.Collections.Immutable;
using System.Reflection;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>The files of a model folder, by path relative to it with forward slashes.</summary>
internal abstract class ModelFiles
{
    private const int LargestConfig = 64 << 20;

    public abstract string DisplayName { get; }

    /// <summary>The name of a file in messages.</summary>
    public abstract string NameOf(string relativePath);

    public abstract bool Exists(string relativePath);

    public abstract byte[] Read(string relativePath);

    public abstract SafetensorsSource OpenWeights(string relativePath);

    /// <summary>A file a model may have or not.</summary>
    public virtual SafetensorsFile? OpenPacked(string relativePath) => null;

    /// <summary>A folder on disk.</summary>
    internal sealed class OnDisk(string folder) : ModelFiles
    {
        public override string DisplayName => folder;

        public override string NameOf(string relativePath) => Path.Combine(folder, relativePath);

        public override bool Exists(string relativePath) => File.Exists(NameOf(relativePath));

        public override byte[] Read(string relativePath) => BoundedFile.Read(NameOf(relativePath), LargestConfig);

        public override SafetensorsSource OpenWeights(string relativePath) => SafetensorsSource.Open(NameOf(relativePath));

        public override SafetensorsFile? OpenPacked(string relativePath) => Exists(relativePath) ? SafetensorsFile.Open(NameOf(relativePath)) : null;
    }

    /// <summary>A model inside this assembly.</summary>
    internal sealed class Embedded(string name) : ModelFiles
    {
        /// <summary>The first is what runs when no model is named.</summary>
        public static readonly ImmutableArray<string> Names = ["nano-student", "nano-teacher", "nano"];

        private static readonly Assembly Assembly = typeof(Embedded).Assembly;

        // The separator inside a resource name is the one of the machine the assembly was built on.
        private static readonly Dictionary<string, string> Resources = Assembly.GetManifestResourceNames()
            .ToDictionary(name => name.Replace('\\', '/'), StringComparer.Ordinal);

        public override string DisplayName => name;

        public override string NameOf(string relativePath) => $"{name}/{relativePath}";

        public override bool Exists(string relativePath) => Resources.ContainsKey(Key(relativePath));

        public override byte[] Read(string relativePath)
        {
            if (!Resources.TryGetValue(Key(relativePath), out string? resource))
                throw WeightException.In(NameOf(relativePath), "is missing from this build of the engine.");
            using Stream stream = Assembly.GetManifestResourceStream(resource)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }

        public override SafetensorsSource OpenWeights(string relativePath) =>
            SafetensorsSource.From(SafetensorsFile.Open(Read(relativePath), NameOf(relativePath)));

        private string Key(string relativePath) => $"models/{name}/{relativePath}";
    }
}
