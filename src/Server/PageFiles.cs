using System.Reflection;

namespace Hummingbird.Vulkan.Server;

/// <summary>The page: a few files inside this assembly, each under its own name.</summary>
internal static class PageFiles
{
    private const string Prefix = "page/";

    public static void Map(IEndpointRouteBuilder routes)
    {
        Assembly assembly = Assembly.GetExecutingAssembly();
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            string file = resource[Prefix.Length..], contentType = ContentTypeOf(file);
            routes.MapGet(file == "index.html" ? "/" : "/" + file, (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "no-cache";
                return TypedResults.Bytes(bytes, contentType);
            }).ExcludeFromDescription();
        }
    }

    private static string ContentTypeOf(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "image/png",
    };
}
