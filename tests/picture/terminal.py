"""Types commands at a pseudo-terminal and draws what appears, as SVG on stdout."""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
from html import escape

COLUMNS = 92
COMMANDS = [
    "sock probe web1 22,23,443 web2 8443,8444 db 3306,5432",
    "sock probe --trace-against 443 -w 1.3 web1 23",
]
# Of a dark terminal, with contrast enough for everybody.
COLORS = {"31": "#ff8080", "32": "#7ee787", "33": "#f2cc60", "34": "#79c0ff",
          "35": "#d2a8ff", "36": "#76e3ea", "2": "#9aa4ae", "90": "#9aa4ae"}
TEXT, BACK, PROMPT = "#e6edf3", "#0d1117", "#79c0ff"
WIDTH, HEIGHT, LEFT, TOP = 8.43, 19, 16, 44


def run(program, words):
    """All that a command writes to a terminal of its own."""
    child, master = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.environ.pop("NO_COLOR", None)
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        os.execv(program, words)
    out = b""
    while True:
        try:
            more = os.read(master, 65536)
        except OSError:
            break
        if not more:
            break
        out += more
    os.waitpid(child, 0)
    return out.decode()


def lines(text):
    """What is left on the screen, each line as pieces of one colour."""
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        # A bar is drawn over by what comes after the carriage return.
        line = re.sub(r".*(\r|\x1b\[2K|\x1b\[K)", "", line)
        color, pieces = None, []
        for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z])", line):
            code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
            if code:
                last = code.group(1).split(";")[-1]
                color = COLORS.get(last)
            elif part and not part.startswith("\x1b"):
                pieces.append((color, part))
        yield pieces


def main():
    program = sys.argv[1]
    screen = []
    for command in COMMANDS:
        if screen:
            screen.append([])
        screen.append([(PROMPT, "$ "), (None, command)])
        screen.extend(lines(run(program, command.split())))
    width = LEFT * 2 + WIDTH * COLUMNS
    height = TOP + HEIGHT * len(screen) + 8
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
          f'viewBox="0 0 {width:.0f} {height}" role="img" '
          f'aria-label="sock probe at a terminal: states of ports, and where the '
          f'packets of a filtered port end">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>')
    for at, dot in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        print(f'<circle cx="{LEFT + 6 + at * 20}" cy="18" r="6" fill="{dot}"/>')
    print(f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" '
          f'font-size="14" fill="{TEXT}" xml:space="preserve">')
    for row, pieces in enumerate(screen):
        column = 0
        for color, text in pieces:
            fill = f' fill="{color}"' if color else ""
            x = LEFT + WIDTH * column
            length = WIDTH * len(text)
            if text.strip():
                print(f'<text x="{x:.1f}" y="{TOP + HEIGHT * row + 10}" '
                      f'textLength="{length:.1f}"{fill}>{escape(text)}</text>')
            column += len(text)
    print("</g>\n</svg>")


main()
