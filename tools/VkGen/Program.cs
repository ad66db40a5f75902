using Hummingbird.Vulkan.Tools.VkGen;

// Writes the engine's Vulkan bindings from the Khronos registry and the whitelist beside this program's source.
//   dotnet run --project tools/VkGen -- [vk.xml] [output folder]
string registryPath = args.Length > 0 ? args[0] : "/usr/share/vulkan/registry/vk.xml";
if (!File.Exists(registryPath))
{
    Console.Error.WriteLine($"No Vulkan registry at {registryPath}. Name a vk.xml (Debian and Ubuntu: package libvulkan-dev).");
    return 1;
}

string root = FindRoot();
string output = args.Length > 1 ? args[1] : Path.Combine(root, "src", "Engine", "Interop");
Whitelist whitelist = Whitelist.Read(Path.Combine(root, "tools", "VkGen", "whitelist.txt"));
Registry registry = Registry.Load(registryPath);
var emitter = new Emitter(registry, whitelist);
foreach ((string name, string text) in emitter.Emit())
{
    File.WriteAllText(Path.Combine(output, name), text);
    Console.WriteLine($"{name}: {text.AsSpan().Count('\n')} lines");
}

return 0;

static string FindRoot()
{
    for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        if (File.Exists(Path.Combine(folder.FullName, "Hummingbird.Vulkan.sln")))
        {
            return folder.FullName;
        }
    }

    throw new DirectoryNotFoundException("Run this from a checkout: no folder above the program holds Hummingbird.Vulkan.sln.");
}
