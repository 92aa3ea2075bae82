using System.Buffers.Binary;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>
/// Malformed is EINVAL and never ENOSYS, which the kernel remembers for the whole mount
///; message layout of ABI.md.
/// </summary>
public sealed class MalformedRequestTests : IDisposable
{
    private readonly InMemoryKernel _kernel = InMemoryKernel.Mounted(
        new SyntheticFileSystem(new SyntheticOptions { Directories = 2, FilesPerDirectory = 2 }),
        new SessionOptions { Workers = 1 });

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void A_message_shorter_than_a_header_gets_no_reply_and_harms_nobody()
    {
        _kernel.Client.Send(new byte[39]);
        _kernel.Client.Send([1]);

        Assert.Equal(Errno.None, _kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]).Errno);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(39u)]
    [InlineData(55u)]
    [InlineData(57u)]
    [InlineData(uint.MaxValue)]
    public void A_length_that_is_not_the_bytes_received_is_EINVAL(uint claimed)
    {
        byte[] message = InMemoryKernel.Message(3, 100, 1, new byte[16]);
        BinaryPrimitives.WriteUInt32LittleEndian(message, claimed);
        _kernel.Client.Send(message);

        Answer answer = _kernel.Receive();
        Assert.Equal(100UL, answer.Unique);
        Assert.Equal(Errno.EINVAL, answer.Errno);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public void Extensions_longer_than_the_body_are_EINVAL()
    {
        byte[] message = InMemoryKernel.Message(3, 100, 1, new byte[16]);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(36), 3); // 24 of 16 bytes.
        _kernel.Client.Send(message);

        Assert.Equal(Errno.EINVAL, _kernel.Receive().Errno);
    }

    [Fact]
    public void Every_known_operation_is_EINVAL_one_byte_short_and_never_ENOSYS()
    {
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            RequestShape shape = Operation.Of(opcode).Request;
            if (!Operation.Of(opcode).HasReply || (shape.FixedBytes == 0 && shape.Names == 0))
                continue;

            // A fixed part that lacks its last byte; a name that lacks its NUL.
            byte[] body = shape.Names == 0
                ? new byte[shape.FixedBytes - 1]
                : [.. new byte[shape.FixedBytes], (byte)'n'];
            Answer answer = _kernel.Ask(opcode, 1, body);
            Assert.True(answer.Errno == Errno.EINVAL, $"{opcode}: {answer.Errno}");
        }
    }

    [Fact]
    public void Every_operation_without_a_tail_is_EINVAL_one_byte_too_long()
    {
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            RequestShape shape = Operation.Of(opcode).Request;
            if (!Operation.Of(opcode).HasReply || opcode == FuseOpcode.FUSE_DESTROY
                || shape.Tail != RequestTail.None)
            {
                continue;
            }

            byte[] names = [.. Enumerable.Repeat<byte[]>([(byte)'n', 0], shape.Names)
                .SelectMany(name => name)];
            Answer answer = _kernel.Ask(opcode, 1, new byte[shape.FixedBytes], names, [0]);
            Assert.True(answer.Errno == Errno.EINVAL, $"{opcode}: {answer.Errno}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("/")]
    public void A_name_that_is_empty_or_holds_a_slash_is_EINVAL(string name) =>
        Assert.Equal(Errno.EINVAL, _kernel.Lookup(1, name).Errno);

    [Theory]
    [InlineData(0u)]
    [InlineData(7u)]
    [InlineData(19u)]
    [InlineData(54u)]
    [InlineData(4000u)]
    [InlineData(uint.MaxValue)]
    public void An_unknown_opcode_is_ENOSYS_whatever_it_carries(uint opcode)
    {
        _kernel.Client.Send(InMemoryKernel.Message(opcode, 100, 1, new byte[33]));

        Assert.Equal(Errno.ENOSYS, _kernel.Receive().Errno);
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(6u)]
    [InlineData(uint.MaxValue)]
    public void A_write_whose_size_is_not_its_data_is_EINVAL(uint size)
    {
        fuse_write_in write = new() { size = size };
        Answer answer = _kernel.Ask(
            FuseOpcode.FUSE_WRITE, 1, InMemoryKernel.Of(write), new byte[5]);

        Assert.Equal(Errno.EINVAL, answer.Errno);
    }

    [Fact]
    public void A_request_is_served_after_any_number_of_malformed_ones()
    {
        Random random = new(12345);
        byte[] bytes = new byte[120];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(bytes);
            bytes.AsSpan(8, 8).Clear(); // unique 0: no reply can be meant.
            _kernel.Client.Send(bytes.AsSpan(0, random.Next(1, bytes.Length)));
        }

        ulong unique = _kernel.Send(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
        Answer answer = _kernel.Receive();
        while (answer.Unique != unique)
            answer = _kernel.Receive();
        Assert.Equal(Errno.None, answer.Errno);
        Assert.Null(_kernel.Failure);
    }
}
