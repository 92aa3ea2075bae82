using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Keeping;
using Xunit;

namespace HandleCache.Server.Tests.Keeping;

/// <summary>What the keeper believes after a server's death follows from memory alone.</summary>
public sealed class KeeperStateTests : IDisposable
{
    private const ulong Resend = 1UL << 63;
    private static readonly byte[] HandleA = [1, 2, 3, 4, 5, 6, 7, 8];
    private static readonly byte[] HandleB = [9, 9, 9, 9];

    private readonly KeeperMemory _memory = KeeperMemory.Create(8192);
    private readonly KeeperState _state = new();
    private readonly LogWriter _log;
    private readonly LogReader _reader;

    public KeeperStateTests()
    {
        _log = new LogWriter(_memory, static () => { });
        _reader = new LogReader(_memory);
    }

    public void Dispose()
    {
        _state.Dispose();
        _memory.Dispose();
    }

    private void Entry(int worker, ulong unique, ulong nodeid, byte[] handle) =>
        _log.Entry(worker, unique, new WireEntry(
            new fuse_entry_out
            {
                nodeid = nodeid,
                generation = 1,
                attr = new fuse_attr { mode = FileModes.Regular644 },
            },
            new FileHandle(1, handle), 0));

    private void Die()
    {
        _reader.Drain(_state.Apply, isDead: true);
        _state.OnDeath(_memory);
    }

    [Fact]
    public void A_nodeid_answers_with_its_handle_and_a_handle_with_its_nodeid()
    {
        Entry(0, 2, 77, HandleA);
        _reader.Drain(_state.Apply);
        Assert.True(_state.TryGetHandle(77, out FileHandleBuffer handle));
        Assert.Equal(HandleA, handle.Bytes.ToArray());
        Assert.Equal(77UL, _state.NodeIdOf(new(0x1, HandleA)));
        Assert.Equal(0UL, _state.NodeIdOf(new(0x2, HandleA)));
        Assert.Equal(0UL, _state.NodeIdOf(new(0x1, HandleB)));
        Assert.False(_state.TryGetHandle(78, out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_forgotten_nodeid_keeps_its_handle_where_the_mount_is_exported(bool isExported)
    {
        using KeeperState state = new(isExported);
        Entry(0, 2, 77, HandleA);
        _log.Write(LogKind.Forget, 0, 4, 77, 1);
        _reader.Drain(state.Apply);
        Assert.True(state.IsEmpty);
        Assert.Equal(isExported, state.TryGetHandle(77, out FileHandleBuffer handle));
        Assert.Equal(isExported ? HandleA : [], handle.Bytes.ToArray());
        Assert.Equal(
            isExported ? 77UL : 0, state.NodeIdOf(new(0x1, HandleA), out bool isForgotten));
        Assert.Equal(isExported, isForgotten);

        // Looked up again it is no longer forgotten, and once it is, it is so once.
        Entry(0, 6, 77, HandleA);
        _reader.Drain(state.Apply);
        Assert.Equal(77UL, state.NodeIdOf(new(0x1, HandleA), out isForgotten));
        Assert.False(isForgotten);
        _log.Write(LogKind.Forget, 0, 8, 77, 1);
        _reader.Drain(state.Apply);
        Assert.Equal(0UL, state.NLookup(77));
        Assert.Equal(0, state.Counts.Overdrawn);
        Assert.Equal(isExported, state.TryGetHandle(77, out _));
    }

    [Fact]
    public void A_reply_not_confirmed_counts_until_its_request_comes_again()
    {
        Entry(0, 2, 77, HandleA);
        Die();
        Assert.Equal(1UL, _state.NLookup(77));
        _log.Write(LogKind.Resent, 1, 2 | Resend, 1);
        _reader.Drain(_state.Apply);
        Assert.Equal(0UL, _state.NLookup(77));
        Assert.False(_state.TryGetHandle(77, out _));
    }

    [Fact]
    public void A_reply_confirmed_before_the_death_is_not_taken_back()
    {
        Entry(0, 2, 77, HandleA);
        _memory.Confirmed(0) = 2;
        Die();
        _log.Write(LogKind.Resent, 1, 2 | Resend, 1);
        _reader.Drain(_state.Apply);
        Assert.Equal(1UL, _state.NLookup(77));
    }

    [Fact]
    public void All_entries_of_one_reply_are_taken_back_together()
    {
        Entry(0, 4, 77, HandleA);
        Entry(0, 4, 78, HandleB);
        Die();
        _log.Write(LogKind.Resent, 0, 4 | Resend, 1);
        _reader.Drain(_state.Apply);
        Assert.True(_state.IsEmpty);
    }

    [Fact]
    public void An_undelivered_reply_goes_back_at_once_and_takes_its_open_file_along()
    {
        Entry(0, 6, 77, HandleA);
        _log.Write(LogKind.Opened, 0, 6, 77, 500, 2);
        _log.Write(LogKind.Undo, 0, 6, 0);
        _reader.Drain(_state.Apply);
        Assert.True(_state.IsEmpty);
        Assert.False(_state.TryGetFile(500, out _));
    }

    [Fact]
    public void An_open_file_is_known_by_nodeid_and_flags_until_it_is_released()
    {
        _log.Write(LogKind.Opened, 0, 6, 77, 500, 0x8002, 0);
        _reader.Drain(_state.Apply);
        Assert.True(_state.TryGetFile(500, out var file));
        Assert.Equal((77UL, 0x8002u, 0u), (file.NodeId, file.Flags, file.IsDirectory));
        _log.Write(LogKind.Closed, 1, 8, 77, 500);
        _reader.Drain(_state.Apply);
        Assert.False(_state.TryGetFile(500, out _));
    }

    [Fact]
    public void A_record_taken_but_never_written_is_passed_over_after_the_death_only()
    {
        Interlocked.Increment(ref _memory.Head);
        Entry(0, 2, 77, HandleA);
        _reader.Drain(_state.Apply);
        Assert.True(_state.IsEmpty);
        Die();
        Assert.Equal(1UL, _state.NLookup(77));
    }

    [Fact]
    public void What_stands_behind_a_record_not_written_yet_is_not_known_and_the_drain_says_so()
    {
        Interlocked.Increment(ref _memory.Head);
        Entry(0, 2, 77, HandleA);
        Assert.False(_reader.Drain(_state.Apply), "a record is begun and not written");
        Assert.Equal(0UL, _state.NodeIdOf(new(0x1, HandleA)));
        _memory.Record(0).Commit = 1;
        Assert.True(_reader.Drain(_state.Apply), "every record is written");
        Assert.Equal(77UL, _state.NodeIdOf(new(0x1, HandleA)));
    }

    [Fact]
    public void A_forget_that_a_dying_server_had_read_is_taken_from_its_buffer()
    {
        for (ulong unique = 2; unique <= 6; unique += 2)
            Entry(0, unique, 77, HandleA);
        Entry(0, 8, 78, HandleB);
        _memory.Confirmed(0) = 8;
        _reader.Drain(_state.Apply);

        // BATCH_FORGET of (77, 3) and (78, 1); the first had reached the log.
        byte[] message = new byte[40 + 8 + 32];
        MemoryMarshal.Write(message, new fuse_in_header { len = 80, opcode = 42, unique = 10 });
        message[40] = 2;
        message[48] = 77;
        message[56] = 3;
        message[64] = 78;
        message[72] = 1;
        message.CopyTo(_memory.Buffer(0));
        _memory.Received(0) = 5;
        _memory.Logged(0) = 4;
        _log.Write(LogKind.Forget, 0, 5, 77, 3);
        Die();
        Assert.True(_state.IsEmpty);
        Assert.Equal(0, _state.Counts.Overdrawn);

        // A second death finds nothing new.
        Die();
        Assert.Equal(0, _state.Counts.Overdrawn);
    }

    [Fact]
    public void A_nodeid_with_another_handle_is_a_wrong_object()
    {
        Entry(0, 2, 77, HandleA);
        Entry(0, 4, 77, HandleB);
        _reader.Drain(_state.Apply);
        Assert.Equal(1, _state.Counts.WrongObject);
    }

    [Fact]
    public void The_log_goes_round_many_times_and_nothing_is_lost()
    {
        for (ulong i = 0; i < 3 * KeeperMemory.Records; i++)
        {
            Entry(0, 2 * i, 1000 + i, HandleA.Select(b => (byte)(b ^ i)).ToArray());
            _log.Write(LogKind.Forget, 1, 1, 1000 + i, 1);
            if (i % 1000 == 0)
                _reader.Drain(_state.Apply);
        }

        _reader.Drain(_state.Apply);
        Assert.True(_state.IsEmpty);
        Assert.Equal(0, _state.Counts.Overdrawn);
    }
}
