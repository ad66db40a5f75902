using System.Runtime.InteropServices;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>The system's Vulkan loader library.</summary>
internal sealed unsafe class VulkanLoader
{
    private static readonly Lazy<VulkanLoader> Shared = new(() => new VulkanLoader());

    private VulkanLoader()
    {
        string[] names = OperatingSystem.IsWindows() ? ["vulkan-1.dll"]
            : OperatingSystem.IsMacOS() ? ["libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib"]
            : ["libvulkan.so.1", "libvulkan.so"];
        nint library = 0;
        LibraryName = names.FirstOrDefault(name => NativeLibrary.TryLoad(name, out library))
            ?? throw new VulkanUnavailableException($"The Vulkan loader is not installed (looked for {string.Join(", ", names)}). {InstallAdvice}");
        Functions = new GlobalFunctions(new(
            name => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0, LibraryName));
    }

    /// <exception cref="VulkanUnavailableException">There is no loader.</exception>
    public static VulkanLoader Load() => Shared.Value;

    public static string InstallAdvice => OperatingSystem.IsWindows()
        ? "Install the current driver of the GPU: it brings Vulkan along."
        : OperatingSystem.IsMacOS()
            ? "Install MoltenVK (part of the Vulkan SDK for macOS)."
            : "Install it: libvulkan1 and mesa-vulkan-drivers on Debian and Ubuntu, vulkan-loader and mesa-vulkan-drivers on Fedora, "
                + "vulkan-icd-loader and the vulkan-* driver package of the GPU on Arch.";

    public string LibraryName { get; }

    public GlobalFunctions Functions { get; }

    /// <summary>The highest version of Vulkan the loader speaks.</summary>
    public ApiVersion Version
    {
        get
        {
            uint version = ApiVersion.V1_0.Packed;
            if (Functions.EnumerateInstanceVersion is not null)
            {
                Functions.EnumerateInstanceVersion(&version).ThrowOnError("vkEnumerateInstanceVersion");
            }

            return new(version);
        }
    }

    public FunctionSource InstanceSource(Instance instance)
        => new(name =>
        {
            fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            {
                return Functions.GetInstanceProcAddr(instance, text);
            }
        }, LibraryName);

    public IReadOnlySet<string> Layers()
    {
        uint count = 0;
        Functions.EnumerateInstanceLayerProperties(&count, null).ThrowOnError("vkEnumerateInstanceLayerProperties");
        var layers = new LayerProperties[count];
        fixed (LayerProperties* first = layers)
        {
            Functions.EnumerateInstanceLayerProperties(&count, first).ThrowOnError("vkEnumerateInstanceLayerProperties");
        }

        return layers.Take((int)count).Select(l => NativeText.Of(l.LayerName)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Instance extensions of the loader and its drivers, or of one layer.</summary>
    public IReadOnlySet<string> Extensions(string? layer = null)
    {
        fixed (byte* name = layer is null ? null : Encoding.UTF8.GetBytes(layer + "\0"))
        {
            uint count = 0;
            Functions.EnumerateInstanceExtensionProperties(name, &count, null).ThrowOnError("vkEnumerateInstanceExtensionProperties");
            var extensions = new ExtensionProperties[count];
            fixed (ExtensionProperties* first = extensions)
            {
                Functions.EnumerateInstanceExtensionProperties(name, &count, first).ThrowOnError("vkEnumerateInstanceExtensionProperties");
            }

            return extensions.Take((int)count).Select(e => NativeText.Of(e.ExtensionName)).ToHashSet(StringComparer.Ordinal);
        }
    }
}
