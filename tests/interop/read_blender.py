"""python read_blender.py REQUEST.json, by a Python that has Blender in it (bpy).

Imports recorded dances as a user of Blender does and plays them. The request is a list of {file, times: [seconds],
bones: [name]}; the answer, a line of JSON each, goes to the file REQUEST.json.answer: {"places": [times][bones][3],
"turns": [times][bones][4], from the rest pose}, in Blender's own axes (Z up), quaternions w x y z.
"""

import json
import sys
from pathlib import Path

import bpy

FPS = 60  # of the recorders
CENTIMETRE = 0.01


def load(file):
    """A new scene with the dance in it; the frame number at which its time 0 lies."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = FPS
    if file.endswith(".bvh"):
        bpy.ops.import_anim.bvh(filepath=file, global_scale=CENTIMETRE, rotate_mode="QUATERNION")
        return 1
    bpy.ops.import_scene.gltf(filepath=file)
    return 0


def transforms(bones):
    """(place, turn from rest) of each bone in the world now. A file without a skin has nodes, not turned at rest."""
    for found in bpy.data.objects:
        if found.type == "ARMATURE":
            posed = [(found.pose.bones[bone].matrix, found.data.bones[bone].matrix_local) for bone in bones]
            return [(now.to_translation(), (now @ rest.inverted()).to_quaternion()) for now, rest in posed]
    nodes = [bpy.data.objects[bone].matrix_world for bone in bones]
    return [(node.to_translation(), node.to_quaternion()) for node in nodes]


def answer(file, times, bones):
    """The dance at these times."""
    start, places, turns = load(file), [], []
    for time in times:
        number, part = divmod(start + time * FPS, 1)
        bpy.context.scene.frame_set(int(number), subframe=part)
        now = transforms(bones)
        places.append([list(place) for place, _ in now])
        turns.append([list(turn) for _, turn in now])
    return {"places": places, "turns": turns}


asked = Path(sys.argv[-1])
lines = [json.dumps(answer(**request)) for request in json.loads(asked.read_text())]
asked.with_name(asked.name + ".answer").write_text("\n".join(lines))
