using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Vectors;

/// <summary>A throw-away copy of the embedded model's folder, to be damaged.</summary>
public sealed class NanoCopy : IDisposable
{
    private static readonly string Source = Path.Combine(TestData.Root, "models", "nano");

    public NanoCopy()
    {
        foreach (string source in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
        {
            string target = File(Path.GetRelativePath(Source, source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.Copy(source, target);
            System.IO.File.SetAttributes(target, FileAttributes.Normal);
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hummingbird-test-").FullName;

    public string File(string relativePath) => Path.Combine(Folder, relativePath);

    /// <summary>Rewrites a component's weights with one tensor changed, value by value.</summary>
    public void Change(string component, string tensor, Func<float, float> change)
    {
        string path = File(Path.Combine(component, "diffusion_pytorch_model.safetensors"));
        List<TensorToWrite> tensors = [];
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            foreach ((string name, TensorEntry entry) in file.Tensors)
            {
                float[] values = new float[entry.ElementCount];
                file.ReadFloats(entry, values);
                tensors.Add(TensorToWrite.FromFloats(name, entry.Shape.AsSpan(), name == tensor ? Array.ConvertAll(values, v => change(v)) : values));
            }
        }

        SafetensorsWriter.Write(path, tensors);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
