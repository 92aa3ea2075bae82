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
    public IReadOnlyList<string> PassthroughLl(string source)
    {
        if (!File.Exists(Example))
            Assert.Skip($"{Example} is missing; apt-get install libfuse3-dev");
        string program = _folder.In("passthrough_ll");
        Compile(
            "-O1", "-D_FILE_OFFSET_BITS=64", "-I/usr/include/fuse3", "-o", program, Example,
            "-lfuse3", "-lpthread");
        return [program, "-f", "-o", $"source={source}"];
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
