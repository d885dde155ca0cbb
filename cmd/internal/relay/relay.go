// Package relay puts a terminal of its own between this program and the one
// that the user sits at, so that what goes to the screen can be masked.
//
// The program starts itself once more, as the first process of a new session
// whose terminal is a pseudo-terminal, and does nothing from then on but pass on
// what is typed, what is printed, the size of the window, signals, and job
// control. The other one, which does the work, tells it through a [Link] what
// is secret.
package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// childArg is the first argument of the program that a relay starts. The second
// is the descriptor of its link.
const childArg = "\x01relayed"

// A Link leads to the relay that started this program.
type Link struct{ f *os.File }

// Child returns the link where a relay has started this program, and the
// arguments that are meant for it.
func Child(args []string) (*Link, []string) {
	if len(args) < 2 || args[0] != childArg {
		return nil, args
	}
	fd, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, args
	}
	return &Link{openLink(fd)}, args[2:]
}

// Send tells the relay of values. When it returns, they are masked.
func (l *Link) Send(values []string) error {
	_, err := l.f.Write(encode(values))
	if err == nil {
		_, err = l.f.Read(make([]byte, 1))
	}
	if err != nil {
		return fmt.Errorf("tell the process that masks the terminal what to mask: %w", err)
	}
	return nil
}

// encode makes a message: its length, and of each value the length and the bytes.
func encode(values []string) []byte {
	var message []byte
	for _, v := range values {
		message = append(binary.AppendUvarint(message, uint64(len(v))), v...)
	}
	return append(binary.AppendUvarint(nil, uint64(len(message))), message...)
}

// receive hands over what is sent, until the other side is closed.
func receive(f io.ReadWriter, use func(values []string)) error {
	r := byteReader{f}
	for {
		size, err := binary.ReadUvarint(r)
		if err != nil {
			return err
		}
		message := make([]byte, size)
		if _, err := io.ReadFull(f, message); err != nil {
			return err
		}
		var values []string
		for len(message) > 0 {
			length, n := binary.Uvarint(message)
			if n <= 0 || length > uint64(len(message)-n) {
				return errors.New("a message is damaged")
			}
			values = append(values, string(message[n:n+int(length)]))
			message = message[n+int(length):]
		}
		use(values)
		if _, err := f.Write([]byte{0}); err != nil {
			return err
		}
	}
}

// A byteReader reads no more than it is asked for.
type byteReader struct{ io.Reader }

func (r byteReader) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r, b[:])
	return b[0], err
}
