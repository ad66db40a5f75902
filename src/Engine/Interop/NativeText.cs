using System.Runtime.InteropServices;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>Zero-terminated UTF-8 in both directions.</summary>
internal static unsafe class NativeText
{
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    public static string Of(byte* text) => text is null ? "" : Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>An array of C strings in unmanaged memory.</summary>
    public sealed class List : IDisposable
    {
        private readonly byte** pointers;

        public List(IReadOnlyList<string> texts)
        {
            Count = (uint)texts.Count;
            pointers = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
            for (int i = 0; i < texts.Count; i++)
            {
                pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
            }
        }

        public uint Count { get; }

        public byte** Pointers => pointers;

        public void Dispose()
        {
            for (int i = 0; i < Count; i++)
            {
                Marshal.FreeCoTaskMem((nint)pointers[i]);
            }

            NativeMemory.Free(pointers);
        }
    }
}
