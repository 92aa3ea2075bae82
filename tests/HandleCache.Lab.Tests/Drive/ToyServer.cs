using System.ComponentModel;
using HandleCache.Lab.Tests.Restart;
using Xunit;

namespace HandleCache.Lab.Tests.Drive;

/// <summary>Small C programs of FUSE servers, compiled once for the tests of `drive`.</summary>
public sealed class ToyServer : IDisposable
{
    private const string Example = "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c";

    private readonly TempFolder _folder = new();

    /// <summary>The toy with a fault, "none" for none.</summary>
    public IReadOnlyList<string> Command(string fault)
    {
        string program = _folder.In("toy");
        if (!File.Exists(program))
        {
            Compile(
                "-Wall", "-O1", "-o", program,
                Path.Combine(AppContext.BaseDirectory, "Drive", "toy.c"));
        }

        return [program, fault];
    }

    /// <summary>libfuse's passthrough_ll of a directory, as Debian ships its source.</summary>
    public IReadOnlyList<string> PassthroughLl(string source, params string[] more) =>
        PassthroughLl("passthrough_ll", [], source, more);

    /// <summary>The same, but that the first byte of a value is another where it is read.</summary>
    public IReadOnlyList<string> PassthroughLlWithWrongXattrs(
        string source, params string[] more)
    {
        string header = _folder.In("wrong.h");
        File.WriteAllText(header, """
            #define _GNU_SOURCE
            #include <sys/xattr.h>
            static ssize_t wrong_getxattr(const char *p, const char *n, void *v, size_t s)
            {
                    ssize_t got = getxattr(p, n, v, s);

                    if (got > 0 && s)
                            ++*(char *)v;
                    return got;
            }
            #define getxattr wrong_getxattr
            """);
        return PassthroughLl("wrong_xattrs", ["-include", header], source, more);
    }

    private IReadOnlyList<string> PassthroughLl(
        string name, string[] flags, string source, string[] more)
    {
        if (!File.Exists(Example))
            Assert.Skip($"{Example} is missing; apt-get install libfuse3-dev");
        string program = _folder.In(name);
        Compile([
            "-O1", "-D_FILE_OFFSET_BITS=64", "-I/usr/include/fuse3", .. flags, "-o", program,
            Example, "-lfuse3", "-lpthread",
        ]);
        return [program, "-f", "-o", $"source={source}", .. more];
    }

    public void Dispose() => _folder.Dispose();

    private void Compile(params string[] arguments)
    {
        try
        {
            Assert.Equal(0, Spin.Run(_folder.Path, "gcc", arguments).ExitCode);
        }
        catch (Win32Exception)
        {
            Assert.Skip("gcc is missing; apt-get install gcc libc6-dev");
        }
    }
}
