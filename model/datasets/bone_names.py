"""What the joints of other programs' skeletons are called, and which of our bones they are."""

import re
from collections.abc import Sequence

from motion.skeleton import BONES, MotionError

# each vocabulary: our bone (sides written "left") -> name; "L" "R" "Left" "Right" are exchanged for the right side
_CGSPEED = {  # the Daz-friendly conversion of the CMU database
    "hips": "hip", "spine": "abdomen", "chest": "chest", "neck": "neck", "head": "head",
    "leftShoulder": "lCollar", "leftUpperArm": "lShldr", "leftLowerArm": "lForeArm", "leftHand": "lHand",
    "leftUpperLeg": "lThigh", "leftLowerLeg": "lShin", "leftFoot": "lFoot", "leftToes": "lToe",
}  # fmt: skip
_MIXAMO = {  # also Rokoko's and MotionBuilder's
    "hips": "Hips", "spine": "Spine", "chest": "Spine1", "upperChest": "Spine2", "neck": "Neck", "head": "Head",
    "leftShoulder": "LeftShoulder", "leftUpperArm": "LeftArm", "leftLowerArm": "LeftForeArm", "leftHand": "LeftHand",
    "leftUpperLeg": "LeftUpLeg", "leftLowerLeg": "LeftLeg", "leftFoot": "LeftFoot", "leftToes": "LeftToeBase",
}  # fmt: skip
_CMU_MAYA = _MIXAMO | {  # una-dinosauria's conversion of the CMU database
    "spine": "LowerBack", "chest": "Spine", "upperChest": "Spine1", "neck": "Neck1",
}  # fmt: skip
_FOUR_SPINES = _MIXAMO | {"chest": "Spine2", "upperChest": "Spine3"}
_VRM = {bone: bone for bone in BONES if not bone.startswith("right")}  # VRM and Unity, whatever their capitals
_CMU_3DSMAX = {  # cgspeed's 3ds Max conversion of the CMU database
    "hips": "Hips", "spine": "lowerback", "chest": "Chest", "upperChest": "Chest2", "neck": "Neck", "head": "Head",
    "leftShoulder": "LeftCollar", "leftUpperArm": "LeftShoulder", "leftLowerArm": "LeftElbow", "leftHand": "LeftWrist",
    "leftUpperLeg": "LeftHip", "leftLowerLeg": "LeftKnee", "leftFoot": "LeftAnkle", "leftToes": "LeftToe",
}  # fmt: skip
_XSENS = _CMU_3DSMAX | {"spine": "Chest", "chest": "Chest2", "upperChest": "Chest4"}
_ROKOKO = _MIXAMO | {
    "chest": "Spine2", "upperChest": "Spine4", "leftUpperLeg": "LeftThigh", "leftLowerLeg": "LeftShin",
    "leftToes": "LeftToe",
}  # fmt: skip
CMU_ASF = {  # the names in the ASF files of the CMU database
    "hips": "root", "spine": "lowerback", "chest": "upperback", "upperChest": "thorax", "neck": "upperneck",
    "head": "head", "leftShoulder": "lclavicle", "leftUpperArm": "lhumerus", "leftLowerArm": "lradius",
    "leftHand": "lhand", "leftUpperLeg": "lfemur", "leftLowerLeg": "ltibia", "leftFoot": "lfoot", "leftToes": "ltoes",
}  # fmt: skip
_VOCABULARIES = (_CGSPEED, _CMU_MAYA, _FOUR_SPINES, _MIXAMO, _ROKOKO, _XSENS, _CMU_3DSMAX, _VRM, CMU_ASF)
_NEEDED = [
    bone for bone in BONES if bone == "hips" or bone.endswith(("UpperArm", "LowerArm", "UpperLeg", "LowerLeg", "Foot"))
]


def both_sides(left: dict[str, str]) -> dict[str, str]:
    """A vocabulary written for the middle and the left -> for all bones."""
    right = {"right" + bone[4:]: _mirrored(name) for bone, name in left.items() if bone.startswith("left")}
    return left | right


def match(names: Sequence[str]) -> dict[str, str]:
    """Our bone -> the name in `names` that means it, by the vocabulary that explains the most.

    Prefixes ("mixamorig:", "Armature|"), capitals, blanks, "-", "_" and "." do not count.
    Raises MotionError listing the bones that were looked for in vain and the names not understood.
    """
    plain = {_plain(name): name for name in reversed(names)}
    found: list[dict[str, str]] = []
    for vocabulary in _VOCABULARIES:
        wanted = {bone: _plain(name) for bone, name in both_sides(vocabulary).items()}
        found.append({bone: plain[name] for bone, name in wanted.items() if name in plain})
    best = max(found, key=len)
    missing = [bone for bone in _NEEDED if bone not in best]
    if missing:
        strange = [name for name in names if name not in best.values()]
        raise MotionError(
            f"these bones were not found: {', '.join(missing)}; not understood: {', '.join(strange[:30])}; "
            "rename the joints as Mixamo, VRM or CMU do"
        )
    return best


def _plain(name: str) -> str:
    return re.sub(r"[\s_.\-]", "", re.split(r"[:|]", name)[-1]).lower()


def _mirrored(name: str) -> str:
    for left, right in (("Left", "Right"), ("left", "right"), ("l", "r")):
        if name.startswith(left):
            return right + name[len(left) :]
    return name
