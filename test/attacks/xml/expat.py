"""Reads XML with expat: a document in base64 on each line; answers each with its infoset as JSON, or null. For infoset.ts."""
import base64
import json
import sys
import xml.parsers.expat

# no namespace can have this character: it is not XML
SEPARATOR = "\x01"


def read(document):
    root = ["", [], []]
    open_elements = [root]

    def start(name, attributes):
        pairs = sorted([clark(key), value] for key, value in zip(attributes[::2], attributes[1::2]))
        open_elements.append([clark(name), pairs, []])

    def end(_name):
        closed = open_elements.pop()
        open_elements[-1][2].append(closed)

    def text(data):
        children = open_elements[-1][2]
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)

    def refuse(*_arguments):
        raise ValueError("not allowed in a stream")

    parser = xml.parsers.expat.ParserCreate("UTF-8", namespace_separator=SEPARATOR)
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.CommentHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(document, True)
    return root[2][0][2]


def clark(name):
    space, separator, local = name.rpartition(SEPARATOR)
    return "{" + space + "}" + local if separator else name


sys.setrecursionlimit(10000)
for line in sys.stdin:
    try:
        result = read(base64.b64decode(line))
    except (xml.parsers.expat.ExpatError, ValueError):
        result = None
    print(json.dumps(result), flush=True)
