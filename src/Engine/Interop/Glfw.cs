using System.Runtime.InteropServices;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>A window of GLFW.</summary>
internal readonly record struct GlfwWindow(nint Handle);

/// <summary>The few functions of GLFW 3 that a window with a Vulkan surface takes. All calls come from one thread.</summary>
internal sealed unsafe class Glfw : IDisposable
{
    private const int ClientApi = 0x00022001, NoApi = 0, False = 0;

    private readonly nint library;
    private readonly delegate* unmanaged<nint, int> windowShouldClose;
    private readonly delegate* unmanaged<void> pollEvents, terminate;
    private readonly delegate* unmanaged<nint, byte*, void> setWindowTitle;
    private readonly delegate* unmanaged<nint, void> destroyWindow;

    /// <exception cref="WindowException">There is no GLFW, or no display.</exception>
    public Glfw()
    {
        string[] names = OperatingSystem.IsWindows() ? ["glfw3.dll"] : OperatingSystem.IsMacOS() ? ["libglfw.3.dylib"] : ["libglfw.so.3"];
        if (!NativeLibrary.TryLoad(names[0], out library))
        {
            throw new WindowException($"A window needs GLFW, and there is no {names[0]}. On Debian and Ubuntu: apt-get install libglfw3. Without --window none is needed.");
        }

        pollEvents = (delegate* unmanaged<void>)Find("glfwPollEvents");
        terminate = (delegate* unmanaged<void>)Find("glfwTerminate");
        windowShouldClose = (delegate* unmanaged<nint, int>)Find("glfwWindowShouldClose");
        setWindowTitle = (delegate* unmanaged<nint, byte*, void>)Find("glfwSetWindowTitle");
        destroyWindow = (delegate* unmanaged<nint, void>)Find("glfwDestroyWindow");
        if (((delegate* unmanaged<int>)Find("glfwInit"))() == False)
        {
            throw new WindowException($"No window can be opened: {LastError()}. Without --window none is needed.");
        }
    }

    /// <summary>Instance extensions that surfaces take here.</summary>
    public IReadOnlyList<string> RequiredExtensions()
    {
        uint count;
        byte** names = ((delegate* unmanaged<uint*, byte**>)Find("glfwGetRequiredInstanceExtensions"))(&count);
        if (names is null)
        {
            throw new WindowException("The Vulkan driver cannot draw into windows of this display.");
        }

        string[] extensions = new string[count];
        for (int i = 0; i < extensions.Length; i++)
        {
            extensions[i] = Marshal.PtrToStringUTF8((nint)names[i])!;
        }

        return extensions;
    }

    public GlfwWindow Open(int width, int height, string title)
    {
        ((delegate* unmanaged<int, int, void>)Find("glfwWindowHint"))(ClientApi, NoApi);
        fixed (byte* text = Encoding.UTF8.GetBytes(title + "\0"))
        {
            nint window = ((delegate* unmanaged<int, int, byte*, nint, nint, nint>)Find("glfwCreateWindow"))(width, height, text, 0, 0);
            return window != 0 ? new(window) : throw new WindowException($"No window can be opened: {LastError()}.");
        }
    }

    public SurfaceKHR CreateSurface(Instance instance, GlfwWindow window)
    {
        SurfaceKHR surface;
        ((delegate* unmanaged<Instance, nint, void*, SurfaceKHR*, Result>)Find("glfwCreateWindowSurface"))(instance, window.Handle, null, &surface)
            .ThrowOnError("glfwCreateWindowSurface");
        return surface;
    }

    /// <summary>In pixels.</summary>
    public (int Width, int Height) SizeOf(GlfwWindow window)
    {
        int width, height;
        ((delegate* unmanaged<nint, int*, int*, void>)Find("glfwGetFramebufferSize"))(window.Handle, &width, &height);
        return (width, height);
    }

    public void SetTitle(GlfwWindow window, string title)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(title + "\0"))
        {
            setWindowTitle(window.Handle, text);
        }
    }

    public bool IsToClose(GlfwWindow window) => windowShouldClose(window.Handle) != False;

    public void PollEvents() => pollEvents();

    public void Destroy(GlfwWindow window) => destroyWindow(window.Handle);

    public void Dispose() => terminate();

    private nint Find(string name) => NativeLibrary.GetExport(library, name);

    private string LastError()
    {
        byte* text;
        ((delegate* unmanaged<byte**, int>)Find("glfwGetError"))(&text);
        return text is null ? "GLFW gives no reason" : Marshal.PtrToStringUTF8((nint)text)!.TrimEnd('.');
    }
}

/// <summary>There can be no window; the message says why, and what to do.</summary>
public sealed class WindowException(string message) : Exception(message);
