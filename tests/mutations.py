"""Files as a bad disk, a broken transfer or a stranger leaves them."""

import numpy as np


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    """Bytes changed, runs of them overwritten, stretches taken out or said twice; near the beginning more often."""
    found = bytearray(content)
    for _ in range(generator.integers(1, 5)):
        at = int(len(found) * generator.random() ** 2)
        size = int(generator.integers(1, 17))
        match generator.integers(5):
            case 0:
                found[at : at + 1] = bytes([generator.integers(256)])
            case 1:
                found[at : at + size] = bytes(generator.integers(0, 256, size, np.uint8))
            case 2:
                found[at : at + size] = bytes([generator.choice([0, 255, 127, 128])]) * size
            case 3:
                del found[at : at + size]
            case 4:
                found[at:at] = found[at : at + size]
    return bytes(found)
