using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace StreamingDance
{
    /// <summary>
    /// One UDP port, read on a thread of its own as quickly as anything comes, so that nothing ever queues; all dancers of
    /// that port share it. It opens the port again and again until it can be had, asks the stage to introduce itself while
    /// nothing is heard, and no datagram ends it.
    /// </summary>
    internal sealed class Receiver
    {
        private const int PollMicroseconds = 100000, RetryMilliseconds = 500;
        private const double AskSeconds = 2.0;
        private static readonly List<Receiver> all = new List<Receiver>();
        private static readonly byte[] hello = OscWriter.Message("/dance/hello");

        private readonly int port;
        private readonly IPAddress stageAddress;
        private readonly IPEndPoint stage;
        private readonly byte[] buffer = new byte[65536];  // no datagram is larger
        private readonly ManualResetEvent closing = new ManualResetEvent(false);
        private readonly Thread thread;
        private volatile Socket socket;
        private int users;

        public readonly DanceStream Stream = new DanceStream();

        /// <summary>Why nothing can be heard, in words; null when the port is open.</summary>
        public volatile string Problem;

        /// <summary>Whether the port is open.</summary>
        public bool IsOpen { get { return socket != null; } }

        /// <summary>A defect of this package, for the console; null when there was none.</summary>
        public volatile Exception Fault;

        private Receiver(int port, IPAddress stageAddress, int controlPort)
        {
            this.port = port;
            this.stageAddress = stageAddress;
            stage = new IPEndPoint(stageAddress, controlPort);
            thread = new Thread(Run) { IsBackground = true, Name = "StreamingDancer " + port };
        }

        /// <summary>
        /// The receiver of a port, opened when nobody has it yet. A stage on this computer is heard on loopback alone; one
        /// elsewhere, on all networks. Where a port or the address is none, the receiver says so and hears nothing.
        /// </summary>
        public static Receiver Open(int port, string stageAddress, int controlPort)
        {
            IPAddress address;
            string wrong = Wrong(port, stageAddress, controlPort, out address);
            if (wrong != null) return new Receiver(0, IPAddress.Loopback, 0) { users = 1, Problem = wrong };
            foreach (Receiver open in all)
            {
                if (open.port != port || !open.stageAddress.Equals(address) || open.stage.Port != controlPort) continue;
                open.users++;
                return open;
            }
            var receiver = new Receiver(port, address, controlPort) { users = 1 };
            all.Add(receiver);
            receiver.thread.Start();
            return receiver;
        }

        /// <summary>One user less; the last one closes the port.</summary>
        public void Release()
        {
            if (--users > 0 || !all.Remove(this)) return;
            closing.Set();
            Socket open = socket;
            if (open != null) TrySend(open, new byte[0], new IPEndPoint(IPAddress.Loopback, port));  // wakes the thread
            thread.Join(1000);
        }

        /// <summary>Say something to the stage; it may not be there.</summary>
        public void Send(byte[] message)
        {
            Socket open = socket;
            if (open != null) TrySend(open, message, stage);
        }

        private static string Wrong(int port, string stageAddress, int controlPort, out IPAddress address)
        {
            bool isAddress = IPAddress.TryParse(stageAddress, out address) && address.AddressFamily == AddressFamily.InterNetwork;
            if (!isAddress) return "Stage Address '" + stageAddress + "' is no IP address such as 192.168.0.20";
            if (port < 1 || port > IPEndPoint.MaxPort) return "Port " + port + " is none: 1 to 65535, 7700 as it comes";
            if (controlPort < 1 || controlPort > IPEndPoint.MaxPort)
                return "Control Port " + controlPort + " is none: 1 to 65535, 7701 as it comes";
            return null;
        }

        private void Run()
        {
            while (!closing.WaitOne(0))
            {
                try
                {
                    using (Socket open = Bind())
                    {
                        socket = open;
                        Problem = null;
                        Listen(open);
                    }
                }
                catch (SocketException err)
                {
                    Problem = err.SocketErrorCode == SocketError.AddressAlreadyInUse
                        ? "port " + port + " is taken by another program: close it, or choose another port here and in --sink"
                        : "port " + port + " cannot be opened: " + err.Message;
                }
                catch (Exception err)
                {
                    Fault = err;
                }
                socket = null;
                closing.WaitOne(RetryMilliseconds);
            }
        }

        private Socket Bind()
        {
            var open = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                open.ReceiveBufferSize = 1 << 18;
                open.Bind(new IPEndPoint(IPAddress.IsLoopback(stageAddress) ? IPAddress.Loopback : IPAddress.Any, port));
                return open;
            }
            catch
            {
                open.Dispose();
                throw;
            }
        }

        private void Listen(Socket open)
        {
            double heard = double.NegativeInfinity;
            while (!closing.WaitOne(0))
            {
                double now = StreamClock.Now;
                if (now - heard > AskSeconds)
                {
                    TrySend(open, hello, stage);
                    heard = now;
                }
                if (!open.Poll(PollMicroseconds, SelectMode.SelectRead)) continue;
                int length;
                try
                {
                    length = open.Receive(buffer);
                }
                catch (SocketException err)
                {
                    // Windows tells here that nobody was where we asked; other systems do not mind
                    if (err.SocketErrorCode == SocketError.ConnectionReset) continue;
                    throw;
                }
                heard = StreamClock.Now;
                Stream.Take(buffer, length, heard);
            }
        }

        private static void TrySend(Socket open, byte[] message, EndPoint to)
        {
            try
            {
                open.SendTo(message, to);
            }
            catch (SocketException) { }  // no network, or the port is being closed: nobody is there to hear it
            catch (ObjectDisposedException) { }
        }
    }
}
