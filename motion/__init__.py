"""The body: skeleton, rotations, kinematics, the pose vector and motion file formats."""
