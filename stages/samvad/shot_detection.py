"""Where one shot of a moving picture gives way to the next: PySceneDetect's adaptive detector, on small pictures.

It compares how much a picture differs from the one before with how much the pictures around it do: a pan or a shaking
camera is no cut. It counts frames; which was shown when is kept here, so that a frame rate that varies needs no rule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scenedetect.common import FrameTimecode
    from scenedetect.detectors import AdaptiveDetector

    Image = NDArray[np.uint8]

#: Pixels: pictures are made no wider and no higher than this.
SIZE = 192
#: How many times the change around it a cut's change must be, with how many frames on each side. PySceneDetect's own
#: 3 misses cuts between two shots that both move.
RATIO, WINDOW = 2.5, 2
#: And how large at least: the mean of the differences in hue, saturation and brightness, of 255.
LEAST = 15.0
#: Frames between two cuts. More than a flash has, so that its end is not taken for a cut when its beginning was.
SHORTEST = 6
#: Frames of a flash: what is as before after so few is the same shot.
FLASH = 4
#: The share of a cut's change by which pictures of one shot differ at most, across a flash.
ALIKE = 0.6
#: Of 255: colours that differ less are grey, on the average over the picture: that of a film without colour, whose
#: pictures are compared by their brightness alone. Else nothing in two of three measures would change at its cuts.
GREY = 8.0
#: Black is made this bright: hue and saturation of what is darker are noise, and leap in every fade.
BLACK = 32


class Frame(NamedTuple):
    #: Seconds.
    time: float
    #: Blue, green, red, shape (height, width, 3).
    image: Image


def cuts(frames: Iterable[Frame]) -> Iterator[float]:
    """When the first frame of each new shot is shown, of frames in the order in which they are shown.

    Dissolves and fades are no cuts. What changes within the first or the last `WINDOW` frames is not judged.
    """
    import cv2

    cv2.setNumThreads(1)  # pictures this small gain nothing from more
    detector = adaptive()
    # All that a flash can be told by, on both sides of the oldest cut that waits to be judged.
    recent: deque[Frame] = deque(maxlen=2 * FLASH + 2)
    waiting: deque[int] = deque()
    number = -1

    def judged(cut: int) -> list[float]:
        first = len(recent) - 1 - (number - cut)
        images = [frame.image for frame in recent]
        return [] if is_flash(images[:first], images[first:]) else [recent[first].time]

    for number, (time, image) in enumerate(frames):
        visible = cv2.max(image, BLACK)
        recent.append(Frame(time, visible))
        waiting.extend(found.frame_num for found in detector.process_frame(numbered(number), visible))
        if waiting and number - waiting[0] >= FLASH:
            yield from judged(waiting.popleft())
    for cut in waiting:
        yield from judged(cut)


def is_flash(before: Sequence[Image], after: Sequence[Image]) -> bool:
    """Whether the shot goes on after a change, or went on before it, as if a few frames were not there.

    `before` ends and `after` begins at the change.
    """
    change = ALIKE * difference(before[-1], after[0])
    begins = any(difference(before[-1], image) < change for image in after[1 : FLASH + 1])
    return begins or any(difference(image, after[0]) < change for image in before[-FLASH - 1 : -1])


def difference(one: Image, other: Image) -> float:
    """How much two pictures differ, as the detector sees it (`LEAST`)."""
    detector = adaptive()
    detector._calculate_frame_score(numbered(0), one)
    return float(detector._calculate_frame_score(numbered(1), other))


def adaptive() -> AdaptiveDetector:
    """PySceneDetect's detector, which compares grey pictures by brightness alone."""
    from scenedetect.detectors import AdaptiveDetector

    class Adaptive(AdaptiveDetector):  # type: ignore[misc]
        _grey = False

        def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: Image) -> float:
            grey = is_grey(frame_img)
            self._weights = self.LUMA_ONLY_WEIGHTS if grey and self._grey else self.DEFAULT_COMPONENT_WEIGHTS
            self._grey = grey
            return float(super()._calculate_frame_score(timecode, frame_img))

    return Adaptive(RATIO, SHORTEST, WINDOW, LEAST)


def is_grey(image: Image) -> bool:
    import cv2

    blue, green, red = cv2.split(image)
    spread = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
    return bool(cv2.mean(spread)[0] < GREY)


def numbered(number: int) -> FrameTimecode:
    """The frame's number as PySceneDetect wants it. The rate is any: nothing here asks the detector for times."""
    from scenedetect.common import FrameTimecode

    return FrameTimecode(number, 25.0)
